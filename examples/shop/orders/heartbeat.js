import { tmpdir } from "node:os";
import { join } from "node:path";

// The worker touches this file each time round its loop; the health check looks at its age.
export const HEARTBEAT = join(tmpdir(), "worker.heartbeat");
export const MAX_AGE_MS = 15_000;

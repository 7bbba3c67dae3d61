import { statSync } from "node:fs";
import { HEARTBEAT, MAX_AGE_MS } from "./heartbeat.js";

const beat = statSync(HEARTBEAT, { throwIfNoEntry: false });
process.exit(beat && Date.now() - beat.mtimeMs < MAX_AGE_MS ? 0 : 1);

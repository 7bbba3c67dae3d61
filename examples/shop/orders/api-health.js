const port = process.env.PORT ?? 3000;
const answer = await fetch(`http://127.0.0.1:${port}/api/healthz`).catch(() => null);
process.exit(answer?.ok ? 0 : 1);

import { createServer } from "node:http";
import { database, prepare, queue } from "./connections.js";

const PORT = Number(process.env.PORT ?? 3000);
const MAX_BODY = 4096;

const pool = database();
await prepare(pool);
const orders = await queue();

function answer(response, status, body) {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(body));
}

async function bodyOf(request) {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > MAX_BODY) return null;
  }
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function handle(request, response) {
  const route = `${request.method} ${new URL(request.url, "http://api").pathname}`;
  if (route === "GET /api/healthz") {
    await pool.query("SELECT 1");
    return answer(response, 200, { status: "ok" });
  }
  if (route === "GET /api/orders") {
    const { rows } = await pool.query(
      "SELECT id, item, state FROM orders ORDER BY id DESC LIMIT 50",
    );
    return answer(response, 200, rows);
  }
  if (route === "POST /api/orders") {
    const item = (await bodyOf(request))?.item;
    if (typeof item !== "string" || !item.trim() || item.length > 80) {
      return answer(response, 400, { error: "item must be a text of 1 to 80 characters" });
    }
    const { rows } = await pool.query(
      "INSERT INTO orders (item) VALUES ($1) RETURNING id, item, state",
      [item.trim()],
    );
    await orders.lPush("orders", String(rows[0].id));
    return answer(response, 201, rows[0]);
  }
  return answer(response, 404, { error: "no such path" });
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    console.error(`${request.method} ${request.url}: ${error.message}`);
    if (!response.headersSent) answer(response, 503, { error: "try again" });
    else response.destroy();
  });
});
server.listen(PORT, () => console.log(`listening on ${PORT}`));

process.on("SIGTERM", () => {
  // Requests under way finish before the connections close.
  server.close(async () => {
    await orders.quit();
    await pool.end();
  });
  server.closeIdleConnections();
});

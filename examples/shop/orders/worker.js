import { utimesSync, writeFileSync } from "node:fs";
import { database, prepare, queue } from "./connections.js";
import { HEARTBEAT } from "./heartbeat.js";

const pool = database();
await prepare(pool);
const orders = await queue();
let stopping = false;
process.on("SIGTERM", () => {
  stopping = true;
});

writeFileSync(HEARTBEAT, "");
console.log("packing orders");
while (!stopping) {
  utimesSync(HEARTBEAT, new Date(), new Date());
  const next = await orders.brPop("orders", 2);
  if (next) {
    await pool.query("UPDATE orders SET state = 'done' WHERE id = $1", [next.element]);
    console.log(`order ${next.element} is packed`);
  }
}
await orders.quit();
await pool.end();

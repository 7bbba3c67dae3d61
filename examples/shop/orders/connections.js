// Connections to the database and the queue. All configuration comes from the environment; the
// password comes from a file, as Docker and Kubernetes hand secrets over.
import { readFileSync } from "node:fs";
import pg from "pg";
import { createClient } from "redis";

function required(name) {
  const value = process.env[name];
  if (!value) throw new Error(`The environment variable ${name} is not set.`);
  return value;
}

export function database() {
  const pool = new pg.Pool({
    host: required("DATABASE_HOST"),
    port: Number(required("DATABASE_PORT")),
    database: required("DATABASE_NAME"),
    user: required("DATABASE_USER"),
    password: readFileSync(required("DATABASE_PASSWORD_FILE"), "utf8").trim(),
    max: 5,
    connectionTimeoutMillis: 2000,
  });
  pool.on("error", (error) => console.error(`database: ${error.message}`));
  return pool;
}

export async function queue() {
  const client = createClient({
    socket: { host: required("REDIS_HOST"), port: Number(required("REDIS_PORT")) },
  });
  client.on("error", (error) => console.error(`queue: ${error.message}`));
  await client.connect();
  return client;
}

export async function prepare(pool) {
  // The lock lets several replicas start at once on an empty database.
  const client = await pool.connect();
  try {
    await client.query("SELECT pg_advisory_lock(2026)");
    await client.query(`CREATE TABLE IF NOT EXISTS orders (
      id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
      item text NOT NULL,
      state text NOT NULL DEFAULT 'new',
      placed timestamptz NOT NULL DEFAULT now()
    )`);
  } finally {
    await client.query("SELECT pg_advisory_unlock(2026)");
    client.release();
  }
}

// What one commit takes on the Postgres that the rows are measured on.
import { query, transactions } from "../serving/postgres.mjs";

/** Milliseconds for a transaction of one small INSERT, by one client. */
export function oneCommit() {
  query("postgres", "CREATE TABLE IF NOT EXISTS commits (id bigserial PRIMARY KEY, text text NOT NULL);");
  return transactions("postgres", "INSERT INTO commits (text) VALUES (repeat('x', 300));", 3);
}

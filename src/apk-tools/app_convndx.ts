// apk convndx: indexes of either format as one of format 3, on stdout (apk-convndx(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import { identityBytes, infoToAdb } from "./adb-package.ts";
import type { Applet } from "./applet.ts";
import { parseIndexFile } from "./cache.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { noProblems, parseIndex } from "./index-text.ts";
import type { Package } from "./package.ts";
import { type AdbObject, makeAdb, schemaOf } from "./schema.ts";
import { comparePackages } from "./select.ts";
import { fileSource } from "./source.ts";
import { loadTrust } from "./trust.ts";

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  const packages = new Map<string, Package>();
  let subject = "";
  try {
    const keys = yield* loadSignKeys(ctx);
    const trust = yield* loadTrust(ctx);
    for (const path of args) {
      subject = `${path}: `;
      const source = yield* fileSource(ctx.sys, path);
      try {
        const index = yield* parseIndexFile(source, trust);
        for (const pkg of index.packages ?? parseIndex(strOf(index.text), noProblems()))
          packages.set(pkg.info.identity, pkg);
      } finally {
        source.close();
      }
    }
    subject = "";
    const object: AdbObject = new Map();
    const all = [...packages.values()].sort(comparePackages);
    if (all.length > 0)
      object.set(
        "packages",
        all.map(({ info }) => infoToAdb(info, identityBytes(info.identity))),
      );
    const schema = schemaOf("indx");
    if (schema === undefined) throw new Error("bug: no schema of indexes");
    const adb = makeAdb(schema, object);
    const output = yield* AdbOutput.open(ctx, undefined, "indx");
    yield* output.adb(adb, keys);
    yield* output.finish();
    return 0;
  } catch (e) {
    if (!(e instanceof FormatError) && !(e instanceof ApkError) && !(e instanceof Errno)) throw e;
    yield* ctx.print.error(`${subject}${e instanceof FormatError ? e.message : errorText(e)}`);
    return 1;
  }
}

export const convndx: Applet = {
  name: "convndx",
  summary: "Make an index of version 3 out of others",
  group: "misc",
  arguments: "INDEXES...",
  description:
    "Reads indexes of either version and writes all their packages as one index to stdout.",
  optionGroups: ["generation"],
  options: [],
  open: () => ({ access: "none" }),
  run,
};

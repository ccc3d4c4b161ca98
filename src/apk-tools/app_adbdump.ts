// apk adbdump: the values of version 3 files as YAML or JSON (apk-adbdump(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { AdbReader } from "./adb.ts";
import { AdbFileReader, readAdbHead } from "./adb-block.ts";
import { checkSignature } from "./adb-sign.ts";
import { textOfAdb } from "./adb-text.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { hex } from "./extract_v2.ts";
import { decodeAdb, schemaOf } from "./schema.ts";
import { formatJson, formatYaml } from "./serialize.ts";
import { fileSource } from "./source.ts";
import { loadTrust } from "./trust.ts";

/** The line that says what the rest is; adbgen looks for it. */
export const SCHEMA_LINE = "#%SCHEMA: ";

/** A schema's four letters as the number they are in the file. */
export function schemaNumber(id: string): string {
  let text = "";
  for (let i = 3; i >= 0; i--) text += id.charCodeAt(i).toString(16).padStart(2, "0");
  return text.toUpperCase();
}

function* dump(ctx: Context, path: string, json: boolean): Steps<void> {
  const source = yield* fileSource(ctx.sys, path);
  try {
    const file = new AdbFileReader(source);
    yield* file.open();
    const schema = schemaOf(file.schema);
    if (schema === undefined) throw new ApkError("unknown schema");
    const { adb, signatures, data } = yield* readAdbHead(file);
    const value = textOfAdb(schema, decodeAdb(new AdbReader(adb), schema));
    if (json) return yield* ctx.print.out(formatJson(value));
    yield* ctx.print.out(
      `${SCHEMA_LINE}${schemaNumber(file.schema)}\n` +
        `# ADB block, size: ${adb.length}, compat: ${adb[0]}, ver: ${adb[1]}\n${formatYaml(value)}`,
    );
    const trust = yield* loadTrust(ctx);
    for (const signature of signatures) {
      const standing = checkSignature(signature, trust.keys.values(), file.schema, adb);
      const told = standing === "good" ? "OK" : standing === "bad" ? "BAD signature" : "UNTRUSTED";
      const [version = 0, hash = 0] = signature;
      const id = hex(signature.subarray(2, 18));
      yield* ctx.print.out(`# sig v${byte(version)} h${byte(hash)} ${id}: ${told}\n`);
    }
    for (let block = data; block !== undefined; block = yield* file.next())
      yield* ctx.print.out(`# data block, size: ${block.size}\n`);
  } finally {
    source.close();
  }
}

function byte(n: number): string {
  return n.toString(16).padStart(2, "0");
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  const format = ctx.value("format") ?? "yaml";
  if (format !== "yaml" && format !== "json") {
    yield* ctx.print.error(`invalid format: ${format}`);
    return 1;
  }
  for (const path of args) {
    try {
      yield* dump(ctx, path, format === "json");
    } catch (e) {
      if (!(e instanceof FormatError) && !(e instanceof ApkError) && !(e instanceof Errno)) throw e;
      yield* ctx.print.error(`${path}: ${e instanceof FormatError ? e.message : errorText(e)}`);
      return 1;
    }
  }
  return 0;
}

export const adbdump: Applet = {
  name: "adbdump",
  summary: "Show the values of version 3 files",
  group: "misc",
  arguments: "FILES...",
  description: "Shows what packages, indexes and databases of version 3 say, as text.",
  optionGroups: [],
  options: [{ name: "format", value: "FORMAT", help: "yaml or json" }],
  open: () => ({ access: "none" }),
  run,
};

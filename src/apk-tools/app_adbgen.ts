// apk adbgen: makes version 3 files out of the text that adbdump writes (apk-adbgen(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { readFile } from "../libc/unistd.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import { parseAdbText } from "./adb-text.ts";
import { SCHEMA_LINE, schemaNumber } from "./app_adbdump.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { makeAdb, type SchemaId, schemaOf } from "./schema.ts";

const TEXT_MAX = 1 << 28;
const IDS: readonly SchemaId[] = ["pckg", "indx", "idb\0"];

function schemaIn(text: string): SchemaId {
  const at = text.startsWith(SCHEMA_LINE) ? 0 : text.indexOf(`\n${SCHEMA_LINE}`) + 1;
  if (at === 0 && !text.startsWith(SCHEMA_LINE)) throw new ApkError("schema not specified");
  const number = text.slice(at + SCHEMA_LINE.length).split("\n", 1)[0] ?? "";
  const id = IDS.find((known) => schemaNumber(known) === number.trim().toUpperCase());
  if (id === undefined) throw new ApkError(`unknown schema: ${number}`);
  return id;
}

function* generate(ctx: Context, path: string): Steps<void> {
  const keys = yield* loadSignKeys(ctx);
  const text = strOf(yield* readFile(ctx.sys, path, TEXT_MAX));
  const id = schemaIn(text);
  const schema = schemaOf(id);
  if (schema === undefined) throw new ApkError("unknown schema");
  const adb = makeAdb(schema, parseAdbText(schema, text));
  // As text that may be looked at, it is not compressed unless told so.
  const compression = ctx.settings.compression ?? { algorithm: "none", level: 0 };
  const output = yield* AdbOutput.open(ctx, undefined, id, compression);
  yield* output.adb(adb, keys);
  yield* output.finish();
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  for (const path of args) {
    try {
      yield* generate(ctx, path);
    } catch (e) {
      if (!(e instanceof FormatError) && !(e instanceof ApkError) && !(e instanceof Errno)) throw e;
      yield* ctx.print.error(`${path}: ${e instanceof FormatError ? e.message : errorText(e)}`);
      return 1;
    }
  }
  return 0;
}

export const adbgen: Applet = {
  name: "adbgen",
  summary: "Make version 3 files out of their text",
  group: "misc",
  arguments: "FILES...",
  description: "Reads text as apk adbdump writes it and writes the file that says so to stdout.",
  optionGroups: ["generation"],
  options: [],
  open: () => ({ access: "none" }),
  run,
};

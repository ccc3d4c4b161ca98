// apk adbsign: signs version 3 files, or packs them anew (apk-adbsign(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { equal } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import type { PrivateKey } from "../lib/signature.ts";
import { AdbFileReader, type BlockHeader, blockFrame, readAdbHead } from "./adb-block.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import { keyId } from "./adb-sign.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { fileSource } from "./source.ts";

function* copyBlock(file: AdbFileReader, block: BlockHeader, output: AdbOutput): Steps<void> {
  const { head, padding } = blockFrame(block.type, block.size);
  yield* output.bytes(head);
  for (let piece = yield* file.data(); piece !== undefined; piece = yield* file.data())
    yield* output.bytes(piece);
  yield* output.bytes(padding);
}

function* sign(ctx: Context, path: string, keys: readonly PrivateKey[]): Steps<void> {
  const source = yield* fileSource(ctx.sys, path);
  try {
    const file = new AdbFileReader(source);
    yield* file.open();
    const { adb, signatures, data } = yield* readAdbHead(file);
    const ids = keys.map((key) => keyId(key.publicKey));
    // A signature by a key that signs now is replaced.
    const kept = ctx.flag("reset-signatures")
      ? []
      : signatures.filter((one) => !ids.some((id) => equal(id, one.subarray(2, 18))));
    const compression = ctx.settings.compression ?? file.compression;
    const output = yield* AdbOutput.open(ctx, path, file.schema, compression);
    try {
      yield* output.adb(adb, keys, kept);
      for (let block = data; block !== undefined; block = yield* file.next())
        yield* copyBlock(file, block, output);
      yield* output.finish();
    } catch (e) {
      output.abandon();
      throw e;
    }
  } finally {
    source.close();
  }
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  let subject = "";
  try {
    const keys = yield* loadSignKeys(ctx);
    for (const path of args) {
      subject = `${path}: `;
      yield* sign(ctx, path, keys);
    }
    return 0;
  } catch (e) {
    if (!(e instanceof FormatError) && !(e instanceof ApkError) && !(e instanceof Errno)) throw e;
    yield* ctx.print.error(`${subject}${e instanceof FormatError ? e.message : errorText(e)}`);
    return 1;
  }
}

export const adbsign: Applet = {
  name: "adbsign",
  summary: "Sign packages and indexes (version 3), or pack them anew",
  group: "repository",
  arguments: "FILES...",
  description:
    "Adds signatures to version 3 files and replaces those of the same keys. Files keep their " +
    "compression unless another is asked for.",
  optionGroups: ["generation"],
  options: [{ name: "reset-signatures", help: "Leave out all signatures that are there" }],
  open: () => ({ access: "none" }),
  run,
};

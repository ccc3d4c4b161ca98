// apk mkpkg: makes a package of format 3 out of fields, scripts and a directory of files (apk-mkpkg(8)).

import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { readFile } from "../libc/unistd.ts";
import { BLOCK_DATA, blockFrame } from "./adb-block.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import { SCRIPT_TYPES } from "./installed.ts";
import {
  collectFiles,
  type DataFile,
  type Files,
  type Listing,
  readPieces,
} from "./mkpkg-files.ts";
import { takeInfo } from "./mkpkg-info.ts";
import { type AdbObject, makeAdb, schemaOf } from "./schema.ts";
import { UserNames } from "./user-names.ts";
import { compareVersions, isVersion } from "./version.ts";

const SCRIPT_MAX = 1 << 24;
const DEFAULT_COMPAT = "3.0.0_pre1";
/** First versions that do without the root, and without usual directories. */
const NO_ROOT = "3.0.0_pre3";
const NO_USUAL = "3.0.0_rc9";

function listingFor(ctx: Context): Listing {
  let compat = ctx.value("compat") ?? DEFAULT_COMPAT;
  const rootnode = ctx.value("rootnode");
  if (rootnode !== undefined) compat = rootnode === "no" ? NO_ROOT : DEFAULT_COMPAT;
  if (!isVersion(compat)) throw new ApkError(`invalid version: ${compat}`);
  const xattrs = ctx.value("xattrs") !== "no";
  return {
    root: compareVersions(compat, NO_ROOT) < 0,
    usual: compareVersions(compat, NO_USUAL) < 0,
    xattrs,
  };
}

function* readScripts(ctx: Context, pkg: AdbObject): Steps<void> {
  const scripts: AdbObject = new Map();
  for (const given of ctx.values("script")) {
    const colon = given.indexOf(":");
    const type = given.slice(0, Math.max(colon, 0));
    if (!SCRIPT_TYPES.some((known) => known === type))
      throw new ApkError(`invalid script type: ${given}`);
    const path = given.slice(colon + 1);
    try {
      scripts.set(type, strOf(yield* readFile(ctx.sys, path, SCRIPT_MAX)));
    } catch (e) {
      throw new ApkError(`failed to load script: ${path}: ${errorText(e)}`);
    }
  }
  if (scripts.size > 0) pkg.set("scripts", scripts);
}

function* writeData(ctx: Context, output: AdbOutput, file: DataFile): Steps<void> {
  const { head, padding } = blockFrame(BLOCK_DATA, file.size + 8);
  const place = new DataView(new ArrayBuffer(8));
  place.setUint32(0, file.place[0], true);
  place.setUint32(4, file.place[1], true);
  yield* output.bytes(head);
  yield* output.bytes(new Uint8Array(place.buffer));
  let left = file.size;
  yield* readPieces(ctx, file.path, function* (piece) {
    left -= piece.length;
    if (left >= 0) yield* output.bytes(piece);
  });
  if (left !== 0) throw new ApkError(`${file.path}: file changed as it was read`);
  yield* output.bytes(padding);
}

/** The values of the package that the options describe, and the files that belong to it. */
function* assemble(
  ctx: Context,
): Steps<{ pkg: AdbObject; info: AdbObject; files: Files | undefined }> {
  const pkg: AdbObject = new Map();
  const info: AdbObject = new Map();
  for (const given of ctx.values("info")) takeInfo(pkg, info, given);
  for (const key of ["name", "version"])
    if (!info.has(key)) throw new ApkError(`required info field '${key}' not provided`);
  yield* readScripts(ctx, pkg);
  const triggers = ctx.values("trigger");
  if (triggers.length > 0) pkg.set("triggers", [...triggers]);
  const top = ctx.value("files");
  let files: Files | undefined;
  if (top !== undefined) {
    const users = new UserNames();
    yield* users.load(ctx);
    try {
      files = yield* collectFiles(ctx, top, users, listingFor(ctx));
    } catch (e) {
      throw e instanceof Errno ? new ApkError(`${top}: ${errorText(e)}`) : e;
    }
    if (files.paths.length > 0) pkg.set("paths", files.paths);
  }
  // Without a size it would be taken for one that has nothing to be installed.
  const content = pkg.has("paths") || pkg.has("scripts") ? Math.max(1, files?.size ?? 0) : 0;
  if (!info.has("installed-size") && content > 0) info.set("installed-size", content);
  if (!info.has("build-time")) {
    const epoch = ctx.p.env.get("SOURCE_DATE_EPOCH");
    const now = epoch !== undefined && /^\d+$/.test(epoch) ? Number(epoch) : undefined;
    info.set("build-time", now ?? ctx.sys.clock_gettime(0).sec);
  }
  pkg.set("info", info);
  return { pkg, info, files };
}

function* make(ctx: Context): Steps<void> {
  const keys = yield* loadSignKeys(ctx);
  const { pkg, info, files } = yield* assemble(ctx);
  const schema = schemaOf("pckg");
  if (schema === undefined) throw new Error("bug: no schema of packages");
  const adb = makeAdb(schema, pkg);
  const usual = `${info.get("name")}-${info.get("version")}.apk`;
  const path = ctx.flag("stdout") ? undefined : (ctx.value("output") ?? usual);
  const output = yield* AdbOutput.open(ctx, path, "pckg");
  try {
    yield* output.adb(adb, keys);
    for (const file of files?.data ?? []) yield* writeData(ctx, output, file);
    yield* output.finish();
  } catch (e) {
    output.abandon();
    throw e;
  }
}

function* run(ctx: Context, _db: Database, args: readonly string[]): Steps<number> {
  try {
    if (args.length > 0) throw new ApkError(`unexpected argument: ${args[0]}`);
    yield* make(ctx);
    return 0;
  } catch (e) {
    if (!(e instanceof ApkError) && !(e instanceof Errno) && !(e instanceof FormatError)) throw e;
    const text = e instanceof FormatError ? e.message : errorText(e);
    yield* ctx.print.error(
      text.startsWith("required") ? text : `failed to create package: ${text}`,
    );
    return 99;
  }
}

export const mkpkg: Applet = {
  name: "mkpkg",
  summary: "Make a package (version 3)",
  group: "repository",
  arguments: "",
  description: "Makes a package file out of the fields, scripts and files given.",
  optionGroups: ["generation"],
  options: [
    { name: "compat", value: "APK_VERSION", help: "Oldest apk that is to understand it" },
    { name: "files", letter: "F", value: "PATH", help: "Take all files below PATH" },
    { name: "info", letter: "I", value: "KEY:VALUE", help: "Set a field" },
    { name: "output", letter: "o", value: "FILE", help: "Name of the package file" },
    { name: "rootnode", bool: true, help: "Old way to say --compat" },
    { name: "script", letter: "s", value: "TYPE:FILE", help: "Add a script" },
    { name: "stdout", help: "Write the package to stdout" },
    { name: "trigger", letter: "t", value: "PATH", help: "Watch these directories" },
    { name: "xattrs", bool: true, help: "Keep extended attributes" },
  ],
  open: () => ({ access: "none" }),
  run,
};

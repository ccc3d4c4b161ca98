// apk convdb: the installed database as a file of version 3, installed.adb (apk-convdb(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { AdbOutput, loadSignKeys } from "./adb-output.ts";
import { identityBytes, infoToAdb } from "./adb-package.ts";
import type { Applet } from "./applet.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { ApkError, errorText } from "./errors.ts";
import type { Acl, InstalledPackage } from "./installed.ts";
import { type AdbObject, makeAdb, schemaOf } from "./schema.ts";
import { UserNames } from "./user-names.ts";

const FILE = "installed.adb";

function aclToAdb(acl: Acl | undefined, usual: number, users: UserNames): AdbObject {
  return new Map<string, string | number>([
    ["mode", acl?.mode ?? usual],
    ["user", users.userName(acl?.uid ?? 0)],
    ["group", users.groupName(acl?.gid ?? 0)],
  ]);
}

function packageToAdb(one: InstalledPackage, users: UserNames): AdbObject {
  const { info } = one.pkg;
  const object: AdbObject = new Map();
  object.set("info", infoToAdb(info, identityBytes(info.identity)));
  const paths = one.directories.map((directory): AdbObject => {
    const files = directory.files.map((file): AdbObject => {
      const entry: AdbObject = new Map();
      entry.set("name", file.name);
      entry.set("acl", aclToAdb(file.acl, 0o644, users));
      if (file.checksum !== "") entry.set("hashes", strOf(identityBytes(file.checksum)));
      return entry;
    });
    const entry: AdbObject = new Map();
    if (directory.path !== "") entry.set("name", directory.path);
    entry.set("acl", aclToAdb(directory.acl, 0o755, users));
    if (files.length > 0) entry.set("files", files);
    return entry;
  });
  if (paths.length > 0) object.set("paths", paths);
  if (one.scripts.size > 0)
    object.set("scripts", new Map([...one.scripts].map(([type, text]) => [type, strOf(text)])));
  if (one.triggers.length > 0) object.set("triggers", [...one.triggers]);
  if (info.replacesPriority !== 0) object.set("replaces-priority", info.replacesPriority);
  return object;
}

function* run(ctx: Context, db: Database): Steps<number> {
  try {
    const keys = yield* loadSignKeys(ctx);
    const users = new UserNames();
    yield* users.load(ctx);
    const object: AdbObject = new Map();
    if (db.installed.length > 0)
      object.set(
        "packages",
        db.installed.map((one) => packageToAdb(one, users)),
      );
    const schema = schemaOf("idb\0");
    if (schema === undefined) throw new Error("bug: no schema of databases");
    const adb = makeAdb(schema, object);
    const output = yield* AdbOutput.open(ctx, FILE, "idb\0");
    try {
      yield* output.adb(adb, keys);
      yield* output.finish();
    } catch (e) {
      output.abandon();
      throw e;
    }
    return 0;
  } catch (e) {
    if (!(e instanceof FormatError) && !(e instanceof ApkError) && !(e instanceof Errno)) throw e;
    yield* ctx.print.error(
      `failed to write the database: ${e instanceof FormatError ? e.message : errorText(e)}`,
    );
    return 1;
  }
}

export const convdb: Applet = {
  name: "convdb",
  summary: "Write the installed database in version 3's format",
  group: "misc",
  arguments: "",
  description: "Writes what is installed to a file installed.adb in the current directory.",
  optionGroups: ["generation"],
  options: [],
  open: () => ({ access: "read", installed: true, scripts: true }),
  run,
};

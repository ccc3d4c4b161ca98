// apk audit: what differs between the disk and the database (apk-audit(8)).
import { Errno } from "../abi/errno.ts";
import type { Steps } from "../abi/program.ts";
import type { Stat } from "../abi/stat.ts";
import { Base64Decoder } from "../lib/base64.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import { S_ISDIR, S_ISLNK } from "../libc/stat.ts";
import type { Applet } from "./applet.ts";
import { auditSecurity } from "./audit-security.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import { hex } from "./extract_v2.ts";
import { checksumOfFile, isAs } from "./install.ts";
import type { Acl, InstalledPackage } from "./installed.ts";
import { type Owner, Owners } from "./owners.ts";
import { loadProtectedPaths, ProtectedPaths } from "./protected-paths.ts";
import { xattrsHash } from "./xattrs.ts";

type Mode = "backup" | "system" | "full";

/** With --full these are nobody's business. */
const FULL_RULES =
  "+dev\n+etc\n+home\n+lib/apk\n+lib/rc/cache\n+proc\n+root\n+run\n+sys\n+tmp\n+var\n";
const RULES_MAX = 1 << 20;
const DEPTH_MAX = 256;
const FILE_ACL: Acl = { mode: 0o644, uid: 0, gid: 0, xattrs: "" };
const DIRECTORY_ACL: Acl = { mode: 0o755, uid: 0, gid: 0, xattrs: "" };

class Audit {
  readonly #ctx: Context;
  readonly #db: Database;
  readonly #owners: Owners;
  readonly #rules: ProtectedPaths;
  readonly #mode: Mode;
  /** Files of the database that the disk has. */
  readonly #seen = new Set<Owner["file"]>();
  readonly #reported = new Set<InstalledPackage>();

  constructor(ctx: Context, db: Database, rules: ProtectedPaths, mode: Mode) {
    this.#ctx = ctx;
    this.#db = db;
    this.#owners = new Owners(db);
    this.#rules = rules;
    this.#mode = mode;
  }

  *directory(path: string, depth: number): Steps<void> {
    const ctx = this.#ctx;
    let entries: readonly { name: string }[];
    try {
      entries = yield* ctx.root.list(path === "" ? "." : path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.#report("e", `${path}/`, undefined);
      return;
    }
    for (const { name } of entries) {
      const at = path === "" ? name : `${path}/${name}`;
      const st = ctx.root.lstat(at);
      if (st === undefined) continue;
      if (S_ISDIR(st.mode)) yield* this.#subdirectory(at, st, depth);
      else yield* this.#file(path, name, at, st);
      if (--ctx.sys.budget < 0) yield* ctx.sys.sched_yield();
    }
  }

  *#subdirectory(path: string, st: Stat, depth: number): Steps<void> {
    const owned = this.#owners.directory(path);
    const protection = this.#rules.of(path);
    const inside = this.#mode === "backup" ? this.#rules.mayHold(path) : protection === "none";
    if (!inside) return;
    if (owned.size > 0) {
      if (this.#ctx.flag("check-permissions") && this.#mode !== "backup") {
        const acls = [...owned.values()].map(({ acl }) => acl ?? DIRECTORY_ACL);
        const differs = acls.length > 0 && !acls.some((acl) => isAs(st, acl));
        if (differs)
          yield* this.#report("m", `${path}/`, [...owned.keys()][0], acls.at(-1), st, "");
      }
      if (depth < DEPTH_MAX) yield* this.directory(path, depth + 1);
      return;
    }
    const reportable = this.#mode === "full" || (this.#mode === "backup" && protection !== "none");
    const recursive = this.#ctx.flag("recursive");
    if (reportable && protection !== "symlinks")
      yield* this.#report(recursive ? "d" : "D", `${path}/`, undefined, undefined, st, "");
    if (recursive && depth < DEPTH_MAX) yield* this.directory(path, depth + 1);
    else if (!reportable && this.#mode === "backup" && depth < DEPTH_MAX)
      yield* this.directory(path, depth + 1);
  }

  *#file(dir: string, name: string, path: string, st: Stat): Steps<void> {
    const owner = this.#owners.file(dir, name);
    if (owner !== undefined) this.#seen.add(owner.file);
    const protection = this.#rules.of(path);
    if (this.#mode === "backup") {
      if (protection === "none") return;
      if (protection === "symlinks" && !S_ISLNK(st.mode)) return;
      if (protection === "all") {
        yield* this.#report("A", path, owner?.by, undefined, st, "");
        return;
      }
    } else if (protection !== "none") return;
    if (owner === undefined) {
      if (this.#mode === "system" || this.#isBusyboxLink(path, st)) return;
      yield* this.#report("A", path, undefined, undefined, st, "");
      return;
    }
    const letter = yield* this.#compare(path, st, owner);
    if (letter !== "")
      yield* this.#report(
        letter,
        path,
        owner.by,
        owner.file.acl ?? FILE_ACL,
        st,
        owner.file.checksum,
      );
  }

  /** The letter for how a file differs from what was installed; "" when it does not. */
  *#compare(path: string, st: Stat, { file }: Owner): Steps<string> {
    const acl = file.acl ?? FILE_ACL;
    if (file.checksum !== "") {
      try {
        if ((yield* checksumOfFile(this.#ctx, path, st, file.checksum)) !== file.checksum)
          return "U";
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        return "e";
      }
    }
    if (!this.#ctx.flag("check-permissions") || this.#mode === "backup") return "";
    if (!isAs(st, acl) && !S_ISLNK(st.mode)) return "M";
    return acl.xattrs !== "" && acl.xattrs !== this.#xattrs(path) ? "x" : "";
  }

  #xattrs(path: string): string {
    try {
      const all = this.#ctx.root.xattrs(path);
      return xattrsHash(new Map([...all].map(([name, value]) => [name, strOf(value)])));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return "";
    }
  }

  #isBusyboxLink(path: string, st: Stat): boolean {
    if (!this.#ctx.flag("ignore-busybox-symlinks") || !S_ISLNK(st.mode)) return false;
    return ["/bin/busybox", "/bin/bbsuid"].includes(this.#ctx.root.readlink(path));
  }

  /** Files that are installed and not there any more. */
  *missing(): Steps<void> {
    if (this.#mode === "backup") return;
    for (const one of this.#db.installed)
      for (const { path: dir, files } of one.directories)
        for (const file of files) {
          const path = dir === "" ? file.name : `${dir}/${file.name}`;
          if (this.#seen.has(file)) continue;
          if (this.#mode === "full" && this.#rules.of(path) !== "none") continue;
          // It may stand in a part that was not looked through.
          if (this.#ctx.root.lstat(path) !== undefined) continue;
          yield* this.#report("X", path, one, file.acl ?? FILE_ACL, undefined, file.checksum);
        }
  }

  *#report(
    letter: string,
    path: string,
    by: InstalledPackage | undefined,
    before?: Acl,
    now?: Stat,
    checksum = "",
  ): Steps<void> {
    const { print } = this.#ctx;
    const quiet = print.verbosity < 1;
    if (this.#ctx.flag("packages")) {
      if (by === undefined || this.#reported.has(by)) return;
      this.#reported.add(by);
      yield* print.out(`${quiet ? by.pkg.name : by.pkg.id}\n`);
      return;
    }
    if (this.#ctx.flag("details") && !quiet) {
      if (before !== undefined) yield* print.out(`- ${details(before, checksumHex(checksum))}\n`);
      if (now !== undefined) {
        const sum = S_ISDIR(now.mode)
          ? ""
          : checksumHex(yield* checksumOfFile(this.#ctx, path, now, checksum));
        yield* print.out(
          `+ ${details({ mode: now.mode & 0o7777, uid: now.uid, gid: now.gid, xattrs: "" }, sum)}\n`,
        );
      }
    }
    yield* print.out(quiet ? `${path}\n` : `${letter} ${path}\n`);
  }
}

function checksumHex(checksum: string): string {
  return hex(new Base64Decoder().decode(bytesOf(checksum.slice(2))));
}

function details({ mode, uid, gid }: Acl, sum: string): string {
  return `mode=${mode.toString(8)} uid=${uid} gid=${gid}${sum === "" ? "" : ` hash=${sum}`}`;
}

function* loadRules(ctx: Context, mode: Mode): Steps<ProtectedPaths> {
  const file = ctx.value("protected-paths");
  const rules = new ProtectedPaths();
  if (file !== undefined) rules.add((yield* ctx.root.readText(file, RULES_MAX)) ?? "");
  else if (mode === "full") rules.add(FULL_RULES);
  else return yield* loadProtectedPaths(ctx);
  return rules;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  if (ctx.flag("security")) return yield* auditSecurity(ctx, db);
  const mode = ctx.flag("full") ? "full" : ctx.flag("system") ? "system" : "backup";
  const audit = new Audit(ctx, db, yield* loadRules(ctx, mode), mode);
  if (args.length === 0) {
    yield* audit.directory("", 0);
    yield* audit.missing();
    return 0;
  }
  for (const arg of args) {
    if (!arg.startsWith("/")) {
      yield* ctx.print.warning(`${arg}: relative path skipped.`);
      continue;
    }
    const path = arg.split("/").filter(Boolean).join("/");
    const st = path === "" ? undefined : ctx.root.stat(path);
    if (path !== "" && (st === undefined || !S_ISDIR(st.mode))) return 99;
    yield* audit.directory(path, 0);
  }
  return 0;
}

export const audit: Applet = {
  name: "audit",
  summary: "Tell what on the disk differs from what was installed, or is known to be vulnerable",
  group: "misc",
  arguments: "[DIRECTORIES...]",
  description:
    "Compares the disk with the database. A letter tells what is the case: A added, D and d a new " +
    "directory, U other contents, M and m other owner or mode, X gone, x other extended attributes, e " +
    "cannot be read. With --security it lists packages for which fixed versions are known instead, and " +
    "ends with status 1 if there are any.",
  optionGroups: [],
  options: [
    { name: "backup", help: "Configuration only: what lbu would save. This is the default" },
    { name: "check-permissions", help: "Compare owners and modes, too" },
    { name: "details", help: "Show both states of what differs" },
    { name: "full", help: "As --system, and all files and directories that nobody installed" },
    { name: "ignore-busybox-symlinks", help: "Do not tell of links to the busybox program" },
    { name: "json", help: "With --security: as JSON" },
    { name: "packages", help: "Tell only which packages have changed files" },
    {
      name: "protected-paths",
      value: "FILE",
      help: "Take the rules for configuration from this file alone",
    },
    { name: "recursive", letter: "r", help: "Look into directories that nobody installed" },
    { name: "secdb", value: "URL", help: "With --security: a database of fixes, URL or file" },
    { name: "security", help: "Tell which installed packages have known vulnerabilities" },
    { name: "system", help: "All installed files but configuration" },
  ],
  open: (ctx) =>
    ctx.flag("security")
      ? { access: "read", installed: true, noUpdate: true }
      : { access: "read", installed: true },
  run,
};

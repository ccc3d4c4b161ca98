// apk add: constraints are put into world, and the root is made to follow (apk-add(8)).
import type { Steps } from "../abi/program.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Sha1 } from "../lib/sha1.ts";
import type { Applet } from "./applet.ts";
import { applyWorld, REFUSED } from "./apply.ts";
import type { Context } from "./context.ts";
import type { Database } from "./database.ts";
import {
  type Dependency,
  formatDependency,
  OP_ANY,
  OP_EQUAL,
  OP_IDENTITY,
  parseDependency,
} from "./dependency.ts";
import { errorText } from "./errors.ts";
import { identityOf } from "./extract_v2.ts";
import type { Name } from "./name.ts";
import { OpenError } from "./open.ts";
import { emptyInfo, Package } from "./package.ts";
import { readPackageFile } from "./package-stream.ts";
import { SOLVE_INHERIT, SOLVE_LATEST, SOLVE_UPGRADE } from "./solver-flags.ts";
import { loadTrust } from "./trust.ts";
import { addToWorld } from "./world.ts";

/** "20240131.093000": versions of virtual packages that were given none. */
function timeVersion(seconds: number): string {
  const text = new Date(seconds * 1000).toISOString();
  return `${text.slice(0, 10)}.${text.slice(11, 19)}`.replace(/[-:]/g, "");
}

/** The package that --virtual asks for, without its dependencies; undefined: no good name. */
function parseVirtual(ctx: Context, spec: string): Dependency | undefined {
  const dep = parseDependency(spec);
  if (dep === undefined || dep.conflict || dep.tag !== "" || dep.name === "") return undefined;
  if (dep.op === OP_EQUAL) return dep;
  if (dep.op !== OP_ANY) return undefined;
  const epoch = ctx.p.env.get("SOURCE_DATE_EPOCH");
  const seconds =
    epoch !== undefined && /^\d{1,12}$/.test(epoch) ? Number(epoch) : ctx.sys.clock_gettime(0).sec;
  return { ...dep, op: OP_EQUAL, version: timeVersion(seconds) };
}

function makeVirtual(
  db: Database,
  { name, version }: Dependency,
  depends: readonly Dependency[],
): void {
  const info = emptyInfo();
  info.name = name;
  info.version = version;
  info.arch = "noarch";
  info.description = "virtual meta package";
  info.depends = depends.map(formatDependency).join(" ");
  const what = `${name}-${version}: ${info.depends}`;
  info.identity = identityOf(new Sha1().update(bytesOf(what)).digest());
  db.add(new Package(info));
}

/** The constraint for an argument; undefined: it is none, which has been told. */
function* readArgument(
  ctx: Context,
  db: Database,
  arg: string,
  virtual: boolean,
): Steps<Dependency | undefined> {
  if (arg.endsWith(".apk")) {
    try {
      const pkg = db.add(yield* readPackageFile(ctx, yield* loadTrust(ctx), arg));
      pkg.filename = arg;
      const { identity } = pkg.info;
      return { name: pkg.name, tag: "", op: OP_IDENTITY, version: identity, conflict: false };
    } catch (e) {
      yield* ctx.print.error(`${arg}: ${errorText(e)}`);
      return undefined;
    }
  }
  const dep = parseDependency(arg);
  if (dep !== undefined && (!virtual || dep.tag === "")) return dep;
  const what = virtual ? (ctx.settings.legacyOutput ? "child" : "package") : "world";
  const format = `name${virtual ? "" : "(@tag)"}([<>~=]version)`;
  yield* ctx.print.error(`'${arg}' is not a valid ${what} dependency, format is ${format}`);
  return undefined;
}

function* run(ctx: Context, db: Database, args: readonly string[]): Steps<number> {
  const spec = ctx.value("virtual");
  let virtual: Dependency | undefined;
  if (spec !== undefined) {
    virtual = parseVirtual(ctx, spec);
    if (virtual === undefined) {
      yield* ctx.print.error(`${spec}: bad package specifier`);
      return 1;
    }
    if (args.length === 0) yield* ctx.print.warning("creating empty virtual package");
  }
  const wanted: Dependency[] = [];
  for (const arg of args) {
    if (arg === "") continue;
    const dep = yield* readArgument(ctx, db, arg, virtual !== undefined);
    if (dep === undefined) return REFUSED;
    wanted.push(dep);
  }
  if (virtual !== undefined) makeVirtual(db, virtual, wanted);

  const flags = (ctx.flag("upgrade") ? SOLVE_UPGRADE : 0) | (ctx.flag("latest") ? SOLVE_LATEST : 0);
  const nameFlags = new Map<Name, number>();
  for (const { name, conflict } of wanted)
    if (!conflict) nameFlags.set(db.name(name), flags === 0 ? 0 : flags | SOLVE_INHERIT);
  const world = addToWorld(db.world, virtual === undefined ? wanted : [virtual]);
  return yield* applyWorld(ctx, db, world, { flags: 0, nameFlags });
}

export const add: Applet = {
  name: "add",
  summary: "Put packages into the wanted state of the system and install what is missing",
  group: "install",
  arguments: "CONSTRAINTS|FILES...",
  description:
    "Adds constraints to the world, or changes those that are there, and makes the system follow: " +
    "mostly packages are installed, but others may have to be upgraded or removed as well. A package " +
    "file is installed as it is and kept until the world says otherwise.",
  optionGroups: ["commit"],
  options: [
    { name: "initdb", help: "Make a new, empty database first" },
    { name: "latest", letter: "l", help: "Take the newest version and nothing else" },
    { name: "no-chown", help: "Leave files to who runs apk" },
    { name: "upgrade", letter: "u", help: "Upgrade the packages, too, and what they depend on" },
    {
      name: "usermode",
      help: "With --initdb: a database that needs no root rights, now and later",
    },
    {
      name: "virtual",
      letter: "t",
      value: "NAME",
      help: "Make a package of this name that depends on the others, and add only that to the world",
    },
  ],
  open: (ctx) => {
    if (ctx.flag("no-chown")) ctx.settings.chown = false;
    if (ctx.flag("usermode")) {
      if (ctx.sys.geteuid() === 0) throw new OpenError("--usermode is not for root");
      ctx.settings.usermode = true;
    }
    return {
      access: "write",
      installed: true,
      world: true,
      repositories: true,
      create: ctx.flag("initdb") || ctx.settings.initdb,
    };
  },
  run,
};

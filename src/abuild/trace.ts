// What a package's files provide and need: commands, pkg-config modules, Python modules, targets of links.
import type { Steps, Sys } from "../abi/program.ts";
import { S_ISDIR, S_ISLNK, S_ISREG } from "../libc/stat.ts";
import { readText } from "../libc/unistd.ts";
import type { TreeFile } from "./tree.ts";

/** A package being traced. */
export interface Traced {
  readonly name: string;
  readonly version: string;
  /** Source package. */
  readonly origin: string;
  readonly root: string;
  readonly files: readonly TreeFile[];
  readonly pcPrefix: string;
  readonly provides: Set<string>;
  readonly depends: Set<string>;
}

/** A package whose files cannot be told apart from another's. */
export class TraceError extends Error {}

const NAME = /^[A-Za-z0-9_.+[-][A-Za-z0-9_.+-]*$/;
const COMMAND = /^(?:usr\/)?s?bin\/([^/]+)$/;
const PC_FILE = /^usr\/(?:lib|share)\/pkgconfig\/([^/]+)\.pc$/;
const PYTHON = /^usr\/lib\/python(3\.\d+)\/site-packages\/([^/]+)$/;
const ELF = "\x7fELF";

/** Adds what can be told from the files of each package and of those that are built with it. */
export function* traceAll(sys: Sys, packages: readonly Traced[]): Steps<void> {
  for (const pkg of packages) {
    traceCommands(pkg);
    yield* tracePkgConfig(sys, pkg);
    tracePython(pkg);
    yield* refuseElf(sys, pkg);
  }
  for (const pkg of packages) traceLinks(pkg, packages);
}

function traceCommands(pkg: Traced): void {
  for (const { path, stat } of pkg.files) {
    const name = COMMAND.exec(path)?.[1];
    if (name === undefined || !NAME.test(name)) continue;
    const executable = S_ISREG(stat.mode) && (stat.mode & 0o111) !== 0;
    if (executable || S_ISLNK(stat.mode)) pkg.provides.add(`cmd:${name}=${pkg.version}`);
  }
}

/** Versions of pkg-config in apk's form: "1.0.rc1" is 1.0_rc1. What is none is 0. */
function pcVersion(text: string): string {
  const version = text.replace(/[.-]?(alpha|beta|pre|rc)\.?(\d*)$/, "_$1$2");
  return /^\d+(\.\d+)*[a-z]?(_(alpha|beta|pre|rc|cvs|svn|git|hg|p)\d*)*$/.test(version)
    ? version
    : "0";
}

/** "a, b >= 1.2 c = 3": names with what is said about their version. */
function pcList(text: string): [name: string, op: string, version: string][] {
  const found = text.matchAll(/([^\s,<>=!]+)(?:\s*(<=|>=|!=|<|>|=)\s*([^\s,]+))?/g);
  return Array.from(found, ([, name = "", op = "", version = ""]) => [name, op, version]);
}

function* tracePkgConfig(sys: Sys, pkg: Traced): Steps<void> {
  const needed = new Map<string, string>();
  const own = new Set<string>();
  for (const { path } of pkg.files) {
    const name = PC_FILE.exec(path)?.[1];
    if (name === undefined) continue;
    const text = (yield* readText(sys, `${pkg.root}/${path}`, 1 << 20)) ?? "";
    const field = (key: string): string =>
      new RegExp(`^${key}:[ \\t]*(.*)$`, "m").exec(text)?.[1]?.trim() ?? "";
    own.add(name);
    pkg.provides.add(`pc:${pkg.pcPrefix}${name}=${pcVersion(field("Version"))}`);
    for (const [other, , version] of pcList(field("Provides"))) {
      own.add(other);
      pkg.provides.add(`pc:${pkg.pcPrefix}${other}=${version === "" ? "0" : pcVersion(version)}`);
    }
    const all = pcList(`${field("Requires")} ${field("Requires\\.private")}`);
    for (const [other, op, version] of all)
      needed.set(other, op === "" || op === "!=" ? "" : op + pcVersion(version));
    pkg.depends.add("pkgconf");
  }
  for (const [name, version] of needed) if (!own.has(name)) pkg.depends.add(`pc:${name}${version}`);
}

function tracePython(pkg: Traced): void {
  const versions = new Set<string>();
  for (const { path, stat } of pkg.files) {
    const [, version, entry] = PYTHON.exec(path) ?? [];
    if (version === undefined || entry === undefined) continue;
    versions.add(version);
    const name = S_ISDIR(stat.mode) ? entry : /^([^.]+)\.(?:py|so|.*\.so)$/.exec(entry)?.[1];
    if (name !== undefined && /^[A-Za-z_]\w*$/.test(name) && name !== "__pycache__")
      pkg.provides.add(`py${version}:${name.replaceAll("_", "-")}=${pkg.version}`);
  }
  if (versions.size > 1)
    throw new TraceError(
      "package contains python3 modules for conflicting python3 versions: " +
        [...versions].join(" "),
    );
  for (const version of versions)
    if (!/^python3/.test(pkg.origin)) pkg.depends.add(`python3~${version}`);
}

/** Shared objects would have to be traced as well: better none than wrong. */
function* refuseElf(sys: Sys, pkg: Traced): Steps<void> {
  for (const { path, stat } of pkg.files) {
    if (!S_ISREG(stat.mode) || stat.size < 64) continue;
    if (!/\.so(\.|$)/.test(path) && (stat.mode & 0o111) === 0) continue;
    const text = yield* readText(sys, `${pkg.root}/${path}`, stat.size);
    if (text?.startsWith(ELF) === true)
      throw new TraceError(`${path}: dependencies of ELF files cannot be traced here`);
  }
}

/** Where a link leads, as a path in the package; undefined when it leaves the root. */
function linkTarget(path: string, target: string): string {
  const parts = target.startsWith("/") ? [] : path.split("/").slice(0, -1);
  for (const part of target.split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "" && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

/** A link into another package built with this one depends on it, if it is one and no more. */
function traceLinks(pkg: Traced, packages: readonly Traced[]): void {
  for (const { path, target } of pkg.files) {
    if (target === "") continue;
    const wanted = linkTarget(path, target);
    const has = (other: Traced): boolean => other.files.some((file) => file.path === wanted);
    if (wanted === "" || has(pkg)) continue;
    const [owner, ...more] = packages.filter((other) => other !== pkg && has(other));
    if (owner !== undefined && more.length === 0) pkg.depends.add(`${owner.name}=${owner.version}`);
  }
}

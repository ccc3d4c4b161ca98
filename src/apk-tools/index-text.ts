// APKINDEX records: `X:value` lines, a blank line between packages (apk-package(5)), both ways.
import { emptyInfo, Package, type PackageInfo } from "./package.ts";
import { isVersion } from "./version.ts";

/** What is wrong with an index as a whole; the packages that can be read are used nevertheless. */
export interface IndexProblems {
  /** Records with fields or versions of a newer apk. */
  newer: boolean;
  /** Packages with dependencies that are none. */
  broken: boolean;
  /** Lines that are no fields: the rest of the text has not been read. */
  malformed: boolean;
}

export function noProblems(): IndexProblems {
  return { newer: false, broken: false, malformed: false };
}

function join(list: string, more: string): string {
  return list === "" ? more : `${list} ${more}`;
}

/** Bits of the last digit that stand for nothing are nothing: equal hashes are equal strings. */
function canonicalIdentity(value: string): string {
  const i = value.length - 2;
  if (value.length !== 30 || value.charCodeAt(i + 1) !== 0x3d) return value;
  const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const digit = digits.indexOf(value.charAt(i));
  return (digit & 3) === 0 ? value : `${value.slice(0, i)}${digits.charAt(digit & ~3)}=`;
}

/**
 * Takes one field of a record, by the code of its letter. False: not a field of index records. Values that come twice
 * are lists that go on.
 */
export function takeField(info: PackageInfo, letter: number, value: string): boolean {
  switch (letter) {
    case 0x43: // C
      info.identity = canonicalIdentity(value);
      return true;
    case 0x50: // P
      info.name = value;
      return true;
    case 0x56: // V
      info.version = value;
      return true;
    case 0x41: // A
      info.arch = value;
      return true;
    case 0x53: // S
      info.size = +value || 0;
      return true;
    case 0x49: // I
      info.installedSize = +value || 0;
      return true;
    case 0x54: // T
      info.description = value;
      return true;
    case 0x55: // U
      info.url = value;
      return true;
    case 0x4c: // L
      info.license = value;
      return true;
    case 0x44: // D
      info.depends = join(info.depends, value);
      return true;
    case 0x6f: // o
      info.origin = value;
      return true;
    case 0x6d: // m
      info.maintainer = value;
      return true;
    case 0x74: // t
      info.buildTime = +value || 0;
      return true;
    case 0x63: // c
      info.commit = value;
      return true;
    case 0x6b: // k
      info.providerPriority = +value || 0;
      return true;
    case 0x70: // p
      info.provides = join(info.provides, value);
      return true;
    case 0x69: // i
      info.installIf = join(info.installIf, value);
      return true;
    case 0x67: // g
      info.tags = join(info.tags, value);
      return true;
    default:
      return false;
  }
}

/** The packages of an index's text, in its order. */
export function parseIndex(text: string, problems: IndexProblems): Package[] {
  const all: Package[] = [];
  let info: PackageInfo | undefined;
  let at = 0;
  while (at <= text.length) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    if (end === at) {
      if (info !== undefined) finish(info, all, problems);
      info = undefined;
    } else if (text.charCodeAt(at + 1) !== 0x3a) {
      problems.malformed = true;
      return all;
    } else {
      info ??= emptyInfo();
      const letter = text.charCodeAt(at);
      if (!takeField(info, letter, text.slice(at + 2, end)) && letter < 0x61) {
        info.uninstallable = true;
        problems.newer = true;
      }
    }
    at = end + 1;
  }
  return all;
}

function finish(info: PackageInfo, all: Package[], problems: IndexProblems): void {
  if (info.name === "" || !isVersion(info.version)) {
    problems.newer = true;
    return;
  }
  // Names become file names.
  if (info.name.includes("/")) {
    problems.broken = true;
    return;
  }
  // Only world may name tags: the one mistake that can be seen without parsing what may never be asked for.
  if (info.depends.includes("@") || info.provides.includes("@")) {
    info.uninstallable = true;
    problems.broken = true;
  }
  all.push(new Package(info));
}

function line(letter: string, value: string | number): string {
  return value === "" || value === 0 ? "" : `${letter}:${value}\n`;
}

/** The fields that index and installed database have in common, without the blank line that ends a record. */
export function formatFields(info: PackageInfo): string {
  return (
    line("C", info.identity) +
    `P:${info.name}\nV:${info.version}\n` +
    line("A", info.arch) +
    `S:${info.size}\nI:${info.installedSize}\nT:${info.description}\nU:${info.url}\nL:${info.license}\n` +
    line("o", info.origin) +
    line("m", info.maintainer) +
    line("t", info.buildTime) +
    line("c", info.commit) +
    line("k", info.providerPriority) +
    line("D", info.depends) +
    line("p", info.provides) +
    line("i", info.installIf) +
    line("g", info.tags)
  );
}

/** The record of a package as `apk index` writes it, with a blank line behind. */
export function formatIndexRecord(pkg: Package): string {
  return `${formatFields(pkg.info)}\n`;
}

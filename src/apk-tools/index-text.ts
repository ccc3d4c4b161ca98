// APKINDEX records: `X:value` lines, a blank line between packages (apk-package(5)), both ways.
import { Package, type PackageInfo } from "./package.ts";
import { canonicalIdentity, joinLists } from "./record.ts";
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

/** Reads the heads of records, one after the other. */
class HeadReader {
  readonly #text: string;
  readonly #problems: IndexProblems;
  #start = -1;
  #name = "";
  #version = "";
  #identity = "";
  #provides = "";
  #installIf = "";
  #uninstallable = false;

  constructor(text: string, problems: IndexProblems) {
    this.#text = text;
    this.#problems = problems;
  }

  /** A line of the current record. */
  take(at: number, end: number): void {
    const text = this.#text;
    if (this.#start < 0) this.#begin(at);
    switch (text.charCodeAt(at)) {
      case 0x43: // C
        this.#identity = canonicalIdentity(text.slice(at + 2, end));
        break;
      case 0x50: // P
        this.#name = text.slice(at + 2, end);
        break;
      case 0x56: // V
        this.#version = text.slice(at + 2, end);
        break;
      case 0x44: // D
        this.#refuseTags(text.slice(at + 2, end));
        break;
      case 0x70: // p
        this.#provides = joinLists(this.#provides, text.slice(at + 2, end));
        this.#refuseTags(this.#provides);
        break;
      case 0x69: // i
        this.#installIf = joinLists(this.#installIf, text.slice(at + 2, end));
        break;
      case 0x41:
      case 0x53:
      case 0x49:
      case 0x54:
      case 0x55:
      case 0x4c: // A S I T U L
        break;
      default:
        // Small letters that are not known may be passed over, capitals may not.
        if (text.charCodeAt(at) >= 0x61) break;
        this.#uninstallable = true;
        this.#problems.newer = true;
    }
  }

  #begin(at: number): void {
    this.#start = at;
    this.#name = "";
    this.#version = "";
    this.#identity = "";
    this.#provides = "";
    this.#installIf = "";
    this.#uninstallable = false;
  }

  /** Only world may name tags: the one mistake that can be seen without parsing what may never be asked for. */
  #refuseTags(list: string): void {
    if (!list.includes("@")) return;
    this.#uninstallable = true;
    this.#problems.broken = true;
  }

  /** The package of the record that ends here; undefined: there is none, or none that is any good. */
  finish(end: number): Package | undefined {
    const start = this.#start;
    if (start < 0) return undefined;
    this.#start = -1;
    if (this.#name === "" || !isVersion(this.#version)) {
      this.#problems.newer = true;
      return undefined;
    }
    // Names become file names.
    if (this.#name.includes("/")) {
      this.#problems.broken = true;
      return undefined;
    }
    return new Package({
      text: this.#text,
      start,
      end,
      name: this.#name,
      version: this.#version,
      identity: this.#identity,
      provides: this.#provides,
      installIf: this.#installIf,
      uninstallable: this.#uninstallable,
    });
  }
}

/** The packages of an index's text, in its order. They go on using the text. */
export function parseIndex(text: string, problems: IndexProblems): Package[] {
  const all: Package[] = [];
  const reader = new HeadReader(text, problems);
  let at = 0;
  while (at <= text.length) {
    let end = text.indexOf("\n", at);
    if (end < 0) end = text.length;
    if (end === at) {
      const pkg = reader.finish(at);
      if (pkg !== undefined) all.push(pkg);
    } else if (text.charCodeAt(at + 1) !== 0x3a) {
      problems.malformed = true;
      return all;
    } else reader.take(at, end);
    at = end + 1;
  }
  const last = reader.finish(text.length);
  if (last !== undefined) all.push(last);
  return all;
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

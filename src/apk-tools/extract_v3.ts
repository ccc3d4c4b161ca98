// Packages of format 3 (apk-v3(5)): values, signatures and files' contents, verified as they are read.

import type { Steps } from "../abi/program.ts";
import { bytesOf, equal, strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import type { Hash } from "../lib/hash.ts";
import { Sha256 } from "../lib/sha256.ts";
import { Sha512 } from "../lib/sha512.ts";
import type { TarFile } from "../lib/tar.ts";
import { AdbFileReader, BLOCK_DATA, type BlockHeader, readAdbHead } from "./adb-block.ts";
import { identityBytes, packageFromAdb } from "./adb-package.ts";
import { verifyAdb } from "./adb-sign.ts";
import { badArchive, badSignature, withAdbErrors } from "./errors.ts";
import type { Control } from "./extract_v2.ts";
import { SCRIPT_TYPES, type ScriptType } from "./installed.ts";
import type { AdbObject, AdbValue } from "./schema.ts";
import type { Source } from "./source.ts";
import type { Trust } from "./trust.ts";

const DATA_HEADER = 8;
// Kinds of files, in the mode that stands in front of a target.
const S_IFMT = 0o170000;
const TYPES: ReadonlyMap<number, string> = new Map([
  [0o100000, "1"],
  [0o120000, "2"],
  [0o020000, "3"],
  [0o060000, "4"],
  [0o010000, "6"],
]);

/** A file or directory of the package, with where its contents are to come from. */
interface Entry {
  readonly file: TarFile;
  readonly hash: string;
  /** Number of its directory and of itself there, as blocks of data name them. */
  readonly place: readonly [number, number];
}

/** Reads a package from front to end, as PackageReader does those of format 2. Throws ApkError for what is wrong. */
export class AdbPackageReader {
  /** No byte of a file is handed out last that has not been verified with all before it. */
  readonly verifiesFiles = true;
  readonly #file: AdbFileReader;
  readonly #trust: Trust;
  readonly #identity: string;
  #entries: readonly Entry[] = [];
  #at = 0;
  /** The block of data to be read next. */
  #block: BlockHeader | undefined;
  #current: Entry | undefined;
  #left = 0;
  #digest: Hash | undefined;

  /** `identity`: what an index says the package is; then no signature is needed. */
  constructor(source: Source, trust: Trust, identity = "") {
    this.#file = new AdbFileReader(source);
    this.#trust = trust;
    this.#identity = identity;
  }

  /** What the package says of itself, verified. Must be called first. */
  control(): Steps<Control> {
    return withAdbErrors(this.#control());
  }

  *#control(): Steps<Control> {
    const file = this.#file;
    yield* file.open();
    if (file.schema !== "pckg") throw badArchive();
    const { adb, signatures, data } = yield* readAdbHead(file);
    const { info, object } = packageFromAdb(adb);
    let signed = false;
    if (this.#identity === "") signed = verifyAdb(this.#trust, signatures, file.schema, adb);
    else if (!sameIdentity(this.#identity, info.identity)) throw badSignature();
    this.#block = data;
    this.#entries = entriesOf(object);
    const scripts = scriptsOf(object);
    return { info, scripts, scriptTimes: new Map(), datahash: "", signed };
  }

  /** The next file; undefined after the last, when all of it has been verified. */
  next(): Steps<TarFile | undefined> {
    return withAdbErrors(this.#next());
  }

  *#next(): Steps<TarFile | undefined> {
    while (this.#current !== undefined) yield* this.#data();
    const entry = this.#entries[this.#at++];
    if (entry === undefined) {
      if (this.#block !== undefined) throw badArchive();
      return undefined;
    }
    if (entry.file.type === "0" && entry.file.size > 0) yield* this.#begin(entry);
    return entry.file;
  }

  /** Finds the file's contents in the block that is at hand. */
  *#begin(entry: Entry): Steps<void> {
    const block = this.#block;
    const { file, hash, place } = entry;
    if (block?.type !== BLOCK_DATA || block.size !== file.size + DATA_HEADER) throw badArchive();
    const head = yield* this.#file.head(DATA_HEADER);
    const view = new DataView(head.buffer, head.byteOffset, DATA_HEADER);
    if (view.getUint32(0, true) !== place[0] || view.getUint32(4, true) !== place[1])
      throw badArchive();
    this.#digest = digestFor(hash);
    this.#left = file.size;
    this.#current = entry;
  }

  /** The next piece of the current file's contents; undefined at its end. The last piece has been verified. */
  data(): Steps<Uint8Array | undefined> {
    return withAdbErrors(this.#data());
  }

  *#data(): Steps<Uint8Array | undefined> {
    const entry = this.#current;
    if (entry === undefined) return undefined;
    const piece = yield* this.#file.data();
    if (piece === undefined) throw badArchive();
    this.#digest?.update(piece);
    this.#left -= piece.length;
    if (this.#left > 0) return piece;
    // Before the last piece is handed out, so that nobody takes what is not as it should be.
    const digest = this.#digest?.digest();
    if (digest !== undefined && strOf(digest.subarray(0, entry.hash.length)) !== entry.hash)
      throw badSignature();
    this.#current = undefined;
    this.#block = yield* this.#file.next();
    return piece;
  }
}

/** Old programs know packages by the first 20 bytes of the hash. */
function sameIdentity(known: string, found: string): boolean {
  if (known === found) return true;
  const a = identityBytes(known);
  return a.length === 20 && equal(a, identityBytes(found).subarray(0, 20));
}

/** The hash that has digests of this size; 20 bytes may be a SHA-256 that was cut. */
function digestFor(hash: string): Hash {
  if (hash.length === 32 || hash.length === 20) return new Sha256();
  if (hash.length === 64) return new Sha512();
  throw new FormatError("unsupported", "unknown hash");
}

function scriptsOf(object: AdbObject): Map<ScriptType, Uint8Array> {
  const scripts = new Map<ScriptType, Uint8Array>();
  const all = object.get("scripts");
  if (all instanceof Map)
    for (const type of SCRIPT_TYPES) {
      const text = all.get(type);
      if (typeof text === "string") scripts.set(type, bytesOf(text));
    }
  return scripts;
}

function text(object: AdbObject, name: string): string {
  const value = object.get(name);
  return typeof value === "string" ? value : "";
}

function count(object: AdbObject, name: string): number {
  const value = object.get(name);
  return typeof value === "number" ? value : 0;
}

function objects(value: AdbValue | undefined): AdbObject[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw badArchive();
  return value.map((each) => {
    if (!(each instanceof Map)) throw badArchive();
    return each;
  });
}

/** The files in the order of their contents, each directory in front of what is in it. */
function entriesOf(object: AdbObject): Entry[] {
  const entries: Entry[] = [];
  objects(object.get("paths")).forEach((directory, i) => {
    const path = text(directory, "name");
    // The root's own mode and owner are not a package's business.
    if (path !== "")
      entries.push({
        file: tarFile(path, directory, { type: "5" }),
        hash: "",
        place: [i + 1, 0],
      });
    objects(directory.get("files")).forEach((file, k) => {
      const base = text(file, "name");
      if (base === "" || base.includes("/")) throw badArchive();
      const name = path === "" ? base : `${path}/${base}`;
      entries.push({
        file: tarFile(name, file, targetOf(text(file, "target"))),
        hash: text(file, "hashes"),
        place: [i + 1, k + 1],
      });
    });
  });
  return entries;
}

/** What stands in a file's target: nothing for plain files. */
function targetOf(target: string): Partial<TarFile> {
  if (target === "") return { type: "0" };
  const bytes = bytesOf(target);
  if (bytes.length < 3) throw badArchive();
  const mode = (bytes[0] as number) + (bytes[1] as number) * 256;
  const type = TYPES.get(mode & S_IFMT);
  if (type === undefined) throw badArchive();
  if (type === "1" || type === "2") return { type, linkname: target.slice(2) };
  let device = 0n;
  for (let i = bytes.length - 1; i >= 2; i--) device = device * 256n + BigInt(bytes[i] as number);
  return {
    type,
    devmajor: Number(((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n)),
    devminor: Number((device & 0xffn) | ((device >> 12n) & 0xffffff00n)),
  };
}

function tarFile(name: string, object: AdbObject, what: Partial<TarFile>): TarFile {
  const value = object.get("acl");
  const acl: AdbObject = value instanceof Map ? value : new Map();
  const xattrs = new Map<string, string>();
  for (const each of (acl.get("xattrs") ?? []) as string[]) {
    const end = each.indexOf("\0");
    if (end <= 0) throw badArchive();
    xattrs.set(each.slice(0, end), each.slice(end + 1));
  }
  return {
    name,
    mode: count(acl, "mode") & 0o7777,
    uid: 0,
    gid: 0,
    size: what.type === "0" ? count(object, "size") : 0,
    mtime: count(object, "mtime"),
    type: "0",
    linkname: "",
    uname: text(acl, "user"),
    gname: text(acl, "group"),
    devmajor: 0,
    devminor: 0,
    pax: new Map(),
    xattrs,
    ...what,
  };
}

// Packages and indexes of version 3: what their ADBs say, as the rest of apk knows it.
import { Base64Decoder, Base64Encoder } from "../lib/base64.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { Sha256 } from "../lib/sha256.ts";
import { AdbReader, NULL_WORD, type Word } from "./adb.ts";
import { hex } from "./extract_v2.ts";
import { emptyInfo, Package, type PackageInfo } from "./package.ts";
import {
  type AdbObject,
  type AdbValue,
  decodeAdb,
  fromHex,
  infoSlot,
  readDependency,
  schemaOf,
} from "./schema.ts";

const TEXTS = [
  ["name", "name"],
  ["version", "version"],
  ["description", "description"],
  ["arch", "arch"],
  ["license", "license"],
  ["origin", "origin"],
  ["maintainer", "maintainer"],
  ["url", "url"],
] as const satisfies readonly (readonly [string, keyof PackageInfo])[];

const NUMBERS = [
  ["build-time", "buildTime"],
  ["installed-size", "installedSize"],
  ["file-size", "size"],
  ["provider-priority", "providerPriority"],
  ["layer", "layer"],
] as const satisfies readonly (readonly [string, keyof PackageInfo])[];

const LISTS = [
  ["depends", "depends"],
  ["provides", "provides"],
  ["replaces", "replaces"],
  ["install-if", "installIf"],
  ["recommends", "recommends"],
  ["tags", "tags"],
] as const satisfies readonly (readonly [string, keyof PackageInfo])[];

/** "Q2" and a SHA-256, or "Q1" and 20 bytes of a SHA-1 or SHA-256, in base64: how packages are told apart. */
export function identityOfHash(hash: Uint8Array): string {
  const encoder = new Base64Encoder();
  return `${hash.length === 20 ? "Q1" : "Q2"}${strOf(concat([encoder.encode(hash), encoder.end()]))}`;
}

/** The bytes of an identity. */
export function identityBytes(identity: string): Uint8Array {
  return new Base64Decoder().decode(bytesOf(identity.slice(2)));
}

/** The identity that an ADB gives its package. */
export function adbHash(adb: Uint8Array): Uint8Array {
  return new Sha256().update(adb).digest();
}

/** Strings of an array field. */
export function strings(object: AdbObject, name: string): string[] {
  const value = object.get(name);
  return Array.isArray(value) ? (value as string[]) : [];
}

function unfit(): FormatError {
  return new FormatError("data", "damaged package information");
}

/** Reads what packages say of themselves, field by field: an index has many of them. */
class InfoReader {
  readonly #reader: AdbReader;
  readonly #texts = TEXTS.map(([from, to]) => [infoSlot(from), to] as const);
  readonly #numbers = NUMBERS.map(([from, to]) => [infoSlot(from), to] as const);
  readonly #lists = LISTS.map(([from, to]) => [infoSlot(from), to] as const);
  readonly #commit = infoSlot("repo-commit");
  readonly #hashes = infoSlot("hashes");
  readonly #known: Map<Word, string> = new Map();

  constructor(reader: AdbReader) {
    this.#reader = reader;
  }

  /** FormatError when name or version cannot be, or texts would break files. */
  read(word: Word): PackageInfo {
    const reader = this.#reader;
    const info = emptyInfo();
    for (const [slot, to] of this.#texts) info[to] = this.#text(reader.at(word, slot));
    for (const [slot, to] of this.#numbers) info[to] = reader.int(reader.at(word, slot));
    for (const [slot, to] of this.#lists) info[to] = this.#list(reader.at(word, slot), to);
    const commit = reader.at(word, this.#commit);
    if (commit !== NULL_WORD) info.commit = hex(reader.bytes(commit));
    const hash = reader.bytes(reader.at(word, this.#hashes));
    if (hash.length > 0) info.identity = identityOfHash(hash);
    const bad = !/^[a-zA-Z0-9._+-]+$/.test(info.name) || !/^[^\s/]+$/.test(info.version);
    if (bad) throw unfit();
    return info;
  }

  /** A text; what many packages have is read once. */
  #text(word: Word): string {
    if (word === NULL_WORD) return "";
    let text = this.#known.get(word);
    if (text === undefined) {
      text = this.#reader.text(word);
      if (text.includes("\n") || text.includes("\0")) throw unfit();
      this.#known.set(word, text);
    }
    return text;
  }

  #dependency(word: Word): string {
    let text = this.#known.get(word);
    if (text === undefined) {
      text = readDependency(this.#reader, word);
      if (/[\s\0]/.test(text)) throw unfit();
      this.#known.set(word, text);
    }
    return text;
  }

  #list(list: Word, key: keyof PackageInfo): string {
    if (list === NULL_WORD) return "";
    const reader = this.#reader;
    const count = reader.count(list);
    let text = "";
    for (let i = 1; i <= count; i++) {
      reader.charge(1);
      const item = reader.at(list, i);
      const each = key === "tags" ? this.#text(item) : this.#dependency(item);
      text = i === 1 ? each : `${text} ${each}`;
    }
    return text;
  }
}

/** The same the other way; `hash` is what the index is to know the package by. */
export function infoToAdb(info: PackageInfo, hash: Uint8Array | undefined): AdbObject {
  const object: AdbObject = new Map();
  const set = (name: string, value: AdbValue): void => {
    if (value !== "" && value !== 0) object.set(name, value);
  };
  for (const [name, from] of TEXTS) set(name, info[from]);
  if (hash !== undefined) object.set("hashes", strOf(hash));
  set("repo-commit", fromHex(info.commit) ?? "");
  for (const [name, from] of NUMBERS) set(name, info[from]);
  for (const [name, from] of LISTS) {
    const words = info[from].split(" ").filter((word) => word !== "");
    if (words.length > 0) object.set(name, words);
  }
  return object;
}

/** A whole package's values. */
export interface AdbPackage {
  readonly info: PackageInfo;
  readonly object: AdbObject;
}

/** Reads the values of a package file. */
export function packageFromAdb(adb: Uint8Array): AdbPackage {
  const reader = new AdbReader(adb);
  const object = decode(reader, "pckg");
  const info = new InfoReader(reader).read(reader.at(reader.root, 1));
  info.identity = identityOfHash(adbHash(adb));
  info.replacesPriority = Number(object.get("replaces-priority") ?? 0);
  info.triggers = strings(object, "triggers").join(" ");
  return { info, object };
}

export interface AdbIndex {
  readonly description: string;
  /** Template of the packages' places, "" when it gives none. */
  readonly packageSpec: string;
  readonly packages: Package[];
}

/** Reads the values of an index. */
export function indexFromAdb(adb: Uint8Array): AdbIndex {
  const reader = new AdbReader(adb);
  const { root } = reader;
  const list = reader.at(root, 2);
  const packages: Package[] = [];
  const count = reader.count(list);
  const infos = new InfoReader(reader);
  for (let i = 1; i <= count; i++) {
    reader.charge(1);
    packages.push(new Package(infos.read(reader.at(list, i))));
  }
  return {
    description: reader.text(reader.at(root, 1)),
    packageSpec: reader.text(reader.at(root, 3)),
    packages,
  };
}

function decode(reader: AdbReader, id: string): AdbObject {
  const schema = schemaOf(id);
  if (schema === undefined) throw new Error(`bug: no schema ${id}`);
  const value = decodeAdb(reader, schema);
  if (!(value instanceof Map)) throw new FormatError("data", "damaged ADB");
  return value;
}

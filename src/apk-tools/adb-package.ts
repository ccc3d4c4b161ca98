// Packages and indexes of version 3: what their ADBs say, as the rest of apk knows it.
import { Base64Decoder, Base64Encoder } from "../lib/base64.ts";
import { bytesOf, concat, strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { Sha256 } from "../lib/sha256.ts";
import { AdbReader } from "./adb.ts";
import { emptyInfo, Package, type PackageInfo } from "./package.ts";
import { type AdbObject, type AdbValue, decodeAdb, fromHex, schemaOf, toHex } from "./schema.ts";

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

function field(object: AdbObject, name: string): AdbObject {
  const value = object.get(name);
  return value instanceof Map ? value : new Map();
}

/** Strings of an array field. */
export function strings(object: AdbObject, name: string): string[] {
  const value = object.get(name);
  return Array.isArray(value) ? (value as string[]) : [];
}

/** What a package says of itself. FormatError when it has no name or version, or texts that would break files. */
export function infoFromAdb(object: AdbObject): PackageInfo {
  const info = emptyInfo();
  for (const [from, to] of TEXTS) info[to] = String(object.get(from) ?? "");
  for (const [from, to] of NUMBERS) info[to] = Number(object.get(from) ?? 0);
  for (const [from, to] of LISTS) info[to] = strings(object, from).join(" ");
  info.commit = toHex(String(object.get("repo-commit") ?? ""));
  const hash = bytesOf(String(object.get("hashes") ?? ""));
  if (hash.length > 0) info.identity = identityOfHash(hash);
  const texts = [...TEXTS, ...LISTS].map(([, key]) => info[key]);
  const bad = !/^[a-zA-Z0-9._+-]+$/.test(info.name) || !/^[^\s/]+$/.test(info.version);
  if (bad || texts.some((text) => /[\n\0]/.test(text)))
    throw new FormatError("data", "damaged package information");
  return info;
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
  const object = decode(adb, "pckg");
  const info = infoFromAdb(field(object, "info"));
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
  const object = decode(adb, "indx");
  const packages = (object.get("packages") ?? []) as AdbObject[];
  return {
    description: String(object.get("description") ?? ""),
    packageSpec: String(object.get("pkgname-spec") ?? ""),
    packages: packages.map((each) => new Package(infoFromAdb(each))),
  };
}

function decode(adb: Uint8Array, id: string): AdbObject {
  const schema = schemaOf(id);
  if (schema === undefined) throw new Error(`bug: no schema ${id}`);
  const value = decodeAdb(new AdbReader(adb), schema);
  if (!(value instanceof Map)) throw new FormatError("data", "damaged ADB");
  return value;
}

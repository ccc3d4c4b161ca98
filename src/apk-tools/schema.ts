// What ADB files hold: the schemas of packages, indexes and installed databases, and values read and written by them.
import { bytesOf, strOf } from "../lib/bytes.ts";
import { FormatError } from "../lib/format-error.ts";
import { AdbReader, AdbWriter, NULL_WORD, type Word } from "./adb.ts";
import {
  type Dependency,
  formatDependency,
  OP_ANY,
  OP_EQUAL,
  parseDependency,
} from "./dependency.ts";

/** In a dependency's match field, beside the OP_* bits: it must not be there. */
const CONFLICT = 16;

/** Items in the order of their texts, of the names they require, or of their fields "name". */
type Order = "text" | "dependency" | "name";

export type Schema =
  | { readonly kind: "text" | "int" | "oct" | "hex" | "xattr" | "dependency" }
  | { readonly kind: "array"; readonly of: Schema; readonly sorted?: Order }
  | { readonly kind: "object"; readonly fields: readonly (readonly [string, Schema])[] }
  /** A whole ADB block as a blob. */
  | { readonly kind: "adb"; readonly of: Schema };

/** A value: texts, blobs and dependencies are byte strings. Fields that are nothing are not in the map. */
export type AdbValue = string | number | AdbValue[] | AdbObject;
export type AdbObject = Map<string, AdbValue>;

/** Magic numbers of whole files, as four letters. */
export type SchemaId = "indx" | "pckg" | "idb\0";

const TEXT: Schema = { kind: "text" };
const INT: Schema = { kind: "int" };
const HEX: Schema = { kind: "hex" };
const TEXTS: Schema = { kind: "array", of: TEXT };
const DEPENDENCIES: Schema = { kind: "array", of: { kind: "dependency" }, sorted: "dependency" };

const PKGINFO: Schema & { kind: "object" } = {
  kind: "object",
  fields: [
    ["name", TEXT],
    ["version", TEXT],
    ["hashes", HEX],
    ["description", TEXT],
    ["arch", TEXT],
    ["license", TEXT],
    ["origin", TEXT],
    ["maintainer", TEXT],
    ["url", TEXT],
    ["repo-commit", HEX],
    ["build-time", INT],
    ["installed-size", INT],
    ["file-size", INT],
    ["provider-priority", INT],
    ["depends", DEPENDENCIES],
    ["provides", DEPENDENCIES],
    ["replaces", DEPENDENCIES],
    ["install-if", DEPENDENCIES],
    ["recommends", DEPENDENCIES],
    ["layer", INT],
    ["tags", { kind: "array", of: TEXT, sorted: "text" }],
  ],
};

/** The slot that a field of a package's information has. */
export function infoSlot(name: string): number {
  return PKGINFO.fields.findIndex(([known]) => known === name) + 1;
}

const ACL: Schema = {
  kind: "object",
  fields: [
    ["mode", { kind: "oct" }],
    ["user", TEXT],
    ["group", TEXT],
    ["xattrs", { kind: "array", of: { kind: "xattr" } }],
  ],
};

const FILE: Schema = {
  kind: "object",
  fields: [
    ["name", TEXT],
    ["acl", ACL],
    ["size", INT],
    ["mtime", INT],
    ["hashes", HEX],
    ["target", HEX],
  ],
};

const DIRECTORY: Schema = {
  kind: "object",
  fields: [
    ["name", TEXT],
    ["acl", ACL],
    ["files", { kind: "array", of: FILE, sorted: "name" }],
  ],
};

const SCRIPTS: Schema = {
  kind: "object",
  fields: [
    ["trigger", TEXT],
    ["pre-install", TEXT],
    ["post-install", TEXT],
    ["pre-deinstall", TEXT],
    ["post-deinstall", TEXT],
    ["pre-upgrade", TEXT],
    ["post-upgrade", TEXT],
  ],
};

const PACKAGE: Schema = {
  kind: "object",
  fields: [
    ["info", PKGINFO],
    ["paths", { kind: "array", of: DIRECTORY, sorted: "name" }],
    ["scripts", SCRIPTS],
    ["triggers", TEXTS],
    ["replaces-priority", INT],
  ],
};

const INDEX: Schema = {
  kind: "object",
  fields: [
    ["description", TEXT],
    ["packages", { kind: "array", of: PKGINFO, sorted: "name" }],
    ["pkgname-spec", TEXT],
  ],
};

const DATABASE: Schema = {
  kind: "object",
  fields: [["packages", { kind: "array", of: { kind: "adb", of: PACKAGE } }]],
};

/** The schema of a file; undefined for one nobody knows. */
export function schemaOf(id: string): Schema | undefined {
  if (id === "pckg") return PACKAGE;
  if (id === "indx") return INDEX;
  return id === "idb\0" ? DATABASE : undefined;
}

// ---- reading ---------------------------------------------------------------------------------------

/** Reads a value with all that is in it. FormatError when it is not as the schema says. */
export function decodeAdb(reader: AdbReader, schema: Schema, word: Word = reader.root): AdbValue {
  return new Decoding(reader).value(schema, word);
}

class Decoding {
  readonly #reader: AdbReader;

  constructor(reader: AdbReader) {
    this.#reader = reader;
  }

  // Schemas are not recursive: neither is this beyond their depth.
  value(schema: Schema, word: Word): AdbValue {
    const reader = this.#reader;
    reader.charge(1);
    switch (schema.kind) {
      case "text":
      case "hex":
      case "xattr":
        return reader.text(word);
      case "int":
      case "oct":
        return reader.int(word);
      case "dependency":
        return readDependency(reader, word);
      case "array": {
        const items: AdbValue[] = [];
        const count = reader.count(word);
        for (let i = 1; i <= count; i++) items.push(this.value(schema.of, reader.at(word, i)));
        return items;
      }
      case "object": {
        const object: AdbObject = new Map();
        schema.fields.forEach(([name, field], i) => {
          const inner = reader.at(word, i + 1);
          if (inner !== NULL_WORD) object.set(name, this.value(field, inner));
        });
        return object;
      }
      case "adb":
        return decodeAdb(new AdbReader(nestedAdb(reader.bytes(word))), schema.of);
    }
  }
}

/** A dependency's text. */
export function readDependency(reader: AdbReader, word: Word): string {
  const match = reader.int(reader.at(word, 3));
  const version = reader.text(reader.at(word, 2));
  const bits = match & (CONFLICT - 1);
  const dep: Dependency = {
    name: reader.text(reader.at(word, 1)),
    tag: "",
    op: version === "" ? OP_ANY : bits === 0 ? OP_EQUAL : bits,
    version,
    conflict: (match & CONFLICT) !== 0,
  };
  return formatDependency(dep);
}

/** What is in a block that stands in a blob: its word has the size with or without itself. */
function nestedAdb(blob: Uint8Array): Uint8Array {
  if (blob.length < 4) throw new FormatError("data", "damaged ADB");
  const view = new DataView(blob.buffer, blob.byteOffset, blob.length);
  const tag = view.getUint32(0, true);
  if (tag === 0xc000_0000) return blob.subarray(16);
  if (tag !== blob.length && tag !== blob.length - 4) throw new FormatError("data", "damaged ADB");
  return blob.subarray(4);
}

function nested(adb: Uint8Array): Uint8Array {
  const blob = new Uint8Array(adb.length + 4);
  new DataView(blob.buffer).setUint32(0, adb.length, true);
  blob.set(adb, 4);
  return blob;
}

// ---- writing ---------------------------------------------------------------------------------------

/** Writes a value; fields that the schema does not know are an error of the caller. */
export function encodeAdb(writer: AdbWriter, schema: Schema, value: AdbValue): Word {
  switch (schema.kind) {
    case "text":
    case "hex":
    case "xattr":
      return writer.text(value as string);
    case "int":
    case "oct":
      return writer.int(value as number);
    case "dependency":
      return encodeDependency(writer, value as string);
    case "array": {
      const items = ordered(value as AdbValue[], schema.sorted);
      return writer.array(items.map((item) => encodeAdb(writer, schema.of, item)));
    }
    case "object": {
      const object = value as AdbObject;
      const words = schema.fields.map(([name, field]) => {
        const inner = object.get(name);
        return inner === undefined ? NULL_WORD : encodeAdb(writer, field, inner);
      });
      return writer.object(words);
    }
    case "adb":
      return writer.bytes(nested(makeAdb(schema.of, value)));
  }
}

/** The contents of an ADB block that holds this value. */
export function makeAdb(schema: Schema, value: AdbValue): Uint8Array {
  const writer = new AdbWriter();
  return writer.finish(encodeAdb(writer, schema, value));
}

function ordered(all: AdbValue[], by: Order | undefined): AdbValue[] {
  if (by === undefined) return all;
  const items = by === "name" ? all : [...new Set(all as string[])].sort();
  if (by === "text") return items;
  const key = (item: AdbValue): string =>
    item instanceof Map
      ? String(item.get("name") ?? "")
      : (parseDependency(String(item))?.name ?? "");
  const keyed = items.map((item): [string, AdbValue] => [key(item), item]);
  keyed.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  return keyed.map(([, item]) => item);
}

function encodeDependency(writer: AdbWriter, text: string): Word {
  const dep = parseDependency(text);
  if (dep === undefined) throw new FormatError("data", `'${text}' is not a valid dependency`);
  const op = dep.op === OP_ANY ? 0 : dep.op;
  const match = (op === OP_EQUAL ? 0 : op) | (dep.conflict ? CONFLICT : 0);
  // "!a=1" says equal aloud, as without it the conflict alone would stand there.
  const told = dep.conflict && op === OP_EQUAL ? match | OP_EQUAL : match;
  return writer.object([
    writer.text(dep.name),
    writer.text(dep.version),
    told === 0 ? NULL_WORD : writer.int(told),
  ]);
}

/** Bytes as a byte string of hexadecimal digits, and back; undefined for what is none. */
export function toHex(blob: string): string {
  return Array.from(bytesOf(blob), (b) => b.toString(16).padStart(2, "0")).join("");
}

export function fromHex(text: string): string | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++)
    bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return strOf(bytes);
}

// The text of ADB files: their values as structured output (apk-adbdump(8)), and read back (apk-adbgen(8)).
import { FormatError } from "../lib/format-error.ts";
import { type AdbObject, type AdbValue, fromHex, type Schema, toHex } from "./schema.ts";
import { Octal, type Value } from "./serialize.ts";

/** A value as it is shown: blobs in hexadecimal, modes in octal. */
export function textOfAdb(schema: Schema, value: AdbValue): Value {
  switch (schema.kind) {
    case "text":
    case "dependency":
    case "int":
      return value as string | number;
    case "oct":
      return new Octal(value as number);
    case "hex":
      return toHex(value as string);
    case "xattr": {
      const text = value as string;
      const end = text.indexOf("\0");
      return end < 0 ? text : `${text.slice(0, end)}=${toHex(text.slice(end + 1))}`;
    }
    case "array":
      return (value as AdbValue[]).map((item) => textOfAdb(schema.of, item));
    case "object": {
      const shown = new Map<string, Value>();
      for (const [name, field] of schema.fields) {
        const inner = (value as AdbObject).get(name);
        if (inner !== undefined) shown.set(name, textOfAdb(field, inner));
      }
      return shown;
    }
    case "adb":
      return textOfAdb(schema.of, value);
  }
}

// ---- back ------------------------------------------------------------------------------------------

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

function wrong(line: Line | undefined, what: string): FormatError {
  return new FormatError("data", line === undefined ? what : `line ${line.number}: ${what}`);
}

/** Reads the subset of YAML that {@link textOfAdb} makes. FormatError names the line. */
export function parseAdbText(schema: Schema, text: string): AdbValue {
  return new TextParser(text).parse(schema);
}

class TextParser {
  readonly #lines: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#lines = text.split("\n");
  }

  parse(schema: Schema): AdbValue {
    const value = this.#block(schema, 0);
    const rest = this.#peek();
    if (rest !== undefined) throw wrong(rest, "unexpected indentation");
    return value;
  }

  /** The next line that says something. */
  #peek(): Line | undefined {
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const text = line.trimStart();
      if (text !== "" && !text.startsWith("#"))
        return { number: this.#at + 1, indent: line.length - text.length, text };
    }
    return undefined;
  }

  /** Fields or items at `indent`. */
  #block(schema: Schema, indent: number): AdbValue {
    if (schema.kind === "object") return this.#fields(schema, indent);
    if (schema.kind === "array") return this.#items(schema.of, indent);
    if (schema.kind === "adb") return this.#block(schema.of, indent);
    throw wrong(this.#peek(), "a value is missing");
  }

  #fields(schema: Schema & { kind: "object" }, indent: number): AdbObject {
    const object: AdbObject = new Map();
    for (let line = this.#peek(); line?.indent === indent; line = this.#peek()) {
      this.#at++;
      this.#field(schema, object, line, line.text, indent);
    }
    return object;
  }

  #field(
    schema: Schema & { kind: "object" },
    object: AdbObject,
    line: Line,
    text: string,
    indent: number,
  ): void {
    const colon = text.indexOf(":");
    const name = text.slice(0, Math.max(colon, 0));
    const inner = schema.fields.find(([known]) => known === name)?.[1];
    if (inner === undefined) throw wrong(line, `unknown field: ${text}`);
    const rest = text.slice(colon + 1).trim();
    object.set(name, this.#value(inner, line, rest, indent));
  }

  #value(schema: Schema, line: Line, rest: string, indent: number): AdbValue {
    const nested = schema.kind === "object" || schema.kind === "array" || schema.kind === "adb";
    if (!nested) return rest === "|" ? this.#literal(indent) : scalar(schema, line, rest);
    if (rest !== "" && !rest.startsWith("#")) throw wrong(line, `unexpected value: ${rest}`);
    const next = this.#peek();
    if (next === undefined || next.indent <= indent)
      return schema.kind === "array" ? [] : new Map();
    return this.#block(schema, next.indent);
  }

  #items(schema: Schema, indent: number): AdbValue[] {
    const items: AdbValue[] = [];
    for (let line = this.#peek(); line?.indent === indent; line = this.#peek()) {
      if (!line.text.startsWith("-")) throw wrong(line, "an item is missing");
      this.#at++;
      const rest = line.text.slice(1).trimStart();
      if (schema.kind === "object") {
        const object: AdbObject = new Map();
        const inner = indent + line.text.length - rest.length;
        if (rest !== "") this.#field(schema, object, line, rest, inner);
        for (let next = this.#peek(); next?.indent === inner; next = this.#peek()) {
          this.#at++;
          this.#field(schema, object, next, next.text, inner);
        }
        items.push(object);
      } else items.push(this.#value(schema, line, rest, indent));
    }
    return items;
  }

  /** The lines behind "|", which are deeper. */
  #literal(indent: number): string {
    let text = "";
    for (; this.#at < this.#lines.length; this.#at++) {
      const line = this.#lines[this.#at] as string;
      const depth = line.length - line.trimStart().length;
      if (line.trim() !== "" && depth <= indent) break;
      if (this.#at === this.#lines.length - 1 && line === "") break;
      text += `${line.slice(indent + 2)}\n`;
    }
    return text;
  }
}

function scalar(schema: Schema, line: Line, text: string): AdbValue {
  switch (schema.kind) {
    case "int":
      if (!/^\d{1,15}$/.test(text)) throw wrong(line, `not a number: ${text}`);
      return Number(text);
    case "oct":
      if (!/^[0-7]{1,7}$/.test(text)) throw wrong(line, `not an octal number: ${text}`);
      return Number.parseInt(text, 8);
    case "hex": {
      const bytes = fromHex(text);
      if (bytes === undefined) throw wrong(line, `not hexadecimal: ${text}`);
      return bytes;
    }
    case "xattr": {
      const equals = text.indexOf("=");
      const value = fromHex(text.slice(equals + 1));
      if (equals < 0 || value === undefined) throw wrong(line, `not an attribute: ${text}`);
      return `${text.slice(0, equals)}\0${value}`;
    }
    default:
      return text;
  }
}

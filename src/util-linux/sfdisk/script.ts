// The scripts that sfdisk reads: header lines and a line for each partition (sfdisk(8), "Input formats").
import { gptTypes } from "../../lib/partition-types.ts";
import { parseAttributes } from "./attributes.ts";

/** A line that describes a partition; sizes in sectors. */
export interface ScriptLine {
  /** The number, when a device was named. */
  number?: number;
  start?: number;
  /** "+N": N sectors behind the default. */
  startRelative?: boolean;
  size?: number;
  /** "+": all there is. */
  max?: boolean;
  type?: string;
  bootable?: boolean;
  uuid?: string;
  name?: string;
  attrs?: bigint;
}

/** A script that cannot be understood. */
export class ScriptError extends Error {}

const UNITS: Readonly<Record<string, number>> = {
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  p: 1024 ** 5,
};

/** Sectors of "10M", "2048", "1.5GiB"; undefined when it is no size. */
function sectorsOf(text: string, sectorSize: number): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([kmgtp]?)(?:(iB)|(B))?$/i.exec(text);
  if (match === null) return undefined;
  const [, digits = "", unit = "", , decimal] = match;
  if (unit === "")
    return decimal === undefined && /^\d+$/.test(digits) ? Number(digits) : undefined;
  const letter = unit.toLowerCase();
  const factor =
    decimal === undefined ? (UNITS[letter] as number) : 1000 ** (" kmgtp".indexOf(letter) || 1);
  return Math.floor((Number(digits) * factor) / sectorSize);
}

const DOS_SHORT: Readonly<Record<string, string>> = {
  L: "83",
  S: "82",
  E: "5",
  X: "85",
  U: "ef",
  R: "fd",
  V: "8e",
  linux: "83",
  swap: "82",
  extended: "5",
  linuxex: "85",
  uefi: "ef",
  raid: "fd",
  lvm: "8e",
};

const GPT_SHORT: Readonly<Record<string, string>> = {
  L: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
  S: "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
  H: "933AC7E1-2EB4-4F13-B844-0E14E2AEF915",
  U: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  R: "A19D880F-05FC-4D3B-A006-743F0F84911E",
  V: "E6D6D379-F507-44C2-A23C-238F2A3DF928",
  linux: "0FC63DAF-8483-4772-8E79-3D69D8477DE4",
  swap: "0657FD6D-A4AB-43C4-84E5-0933C84B4F4F",
  home: "933AC7E1-2EB4-4F13-B844-0E14E2AEF915",
  uefi: "C12A7328-F81F-11D2-BA4B-00A0C93EC93B",
  raid: "A19D880F-05FC-4D3B-A006-743F0F84911E",
  lvm: "E6D6D379-F507-44C2-A23C-238F2A3DF928",
};

const GUID = /^[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$/;

/** The type that a word names; undefined when there is none. */
export function typeOf(label: "dos" | "gpt", word: string): string | undefined {
  const short = label === "dos" ? DOS_SHORT : GPT_SHORT;
  // Capitals: "E" is extended, "e" is W95 FAT16.
  if (Object.hasOwn(short, word)) return short[word];
  if (label === "gpt") {
    if (GUID.test(word)) return word.toUpperCase();
    return gptTypes().find(([, name]) => name.toLowerCase() === word.toLowerCase())?.[0];
  }
  const match = /^(?:0x)?([0-9a-f]{1,2})$/i.exec(word);
  // What is no number is type 0, as in the original.
  return Number.parseInt(match?.[1] ?? "0", 16).toString(16);
}

/** Words between commas or semicolons; quotes keep what they enclose. */
function fieldsOf(text: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (const c of text) {
    if (c === '"') quoted = !quoted;
    else if (!quoted && (c === "," || c === ";")) {
      fields.push(field.trim());
      field = "";
    } else field += c;
  }
  if (quoted) throw new ScriptError("failed to parse script line");
  fields.push(field.trim());
  return fields;
}

/** Reads lines for a disk with this label and sector size. */
export class ScriptReader {
  readonly label: "dos" | "gpt";
  readonly #sectorSize: number;

  constructor(label: "dos" | "gpt", sectorSize: number) {
    this.label = label;
    this.#sectorSize = sectorSize;
  }

  line(text: string): ScriptLine {
    let body = text;
    const line: ScriptLine = {};
    // "DEVICE : fields"
    const device = /^(\S+?)(\d+)\s*:\s*(.*)$/s.exec(body);
    if (device !== null) {
      line.number = Number(device[2]);
      body = device[3] as string;
    }
    const named = /^\s*(?:start|size|type|id|bootable|name|uuid|attrs)\b/i.test(body);
    const fields = fieldsOf(body.replace(/^\s+|\s+$/g, ""));
    if (named) for (const field of fields) this.#named(line, field);
    else {
      // Blanks separate too, when there is nothing else.
      const words = fields.length === 1 ? body.trim().split(/\s+/) : fields;
      this.#unnamed(line, words);
    }
    return line;
  }

  #named(line: ScriptLine, field: string): void {
    if (field === "") return;
    const [, key = "", value = ""] = /^([A-Za-z-]+)\s*(?:=\s*(.*))?$/s.exec(field) ?? [];
    switch (key.toLowerCase()) {
      case "start":
        this.#start(line, value);
        break;
      case "size":
        this.#size(line, value);
        break;
      case "type":
      case "id":
        this.#type(line, value);
        break;
      case "bootable":
        line.bootable = true;
        break;
      case "uuid":
        if (!GUID.test(value)) throw new ScriptError(`invalid UUID: ${value}`);
        line.uuid = value.toUpperCase();
        break;
      case "name":
        line.name = value;
        break;
      case "attrs":
        line.attrs = parseAttributes(value) ?? bad();
        break;
      default:
        bad();
    }
  }

  #unnamed(line: ScriptLine, words: readonly string[]): void {
    const [start = "", size = "", type = "", bootable = ""] = words;
    if (words.slice(4).some((word) => word !== "")) bad();
    if (start !== "" && start !== "-") this.#start(line, start);
    if (size !== "" && size !== "-") this.#size(line, size);
    if (type !== "" && type !== "-") this.#type(line, type);
    if (bootable === "*" || bootable === "+") line.bootable = true;
    else if (bootable === "-") line.bootable = false;
    else if (bootable !== "") bad();
  }

  #start(line: ScriptLine, text: string): void {
    const relative = text.startsWith("+");
    const sectors = sectorsOf(relative ? text.slice(1) : text, this.#sectorSize);
    if (sectors === undefined) bad();
    line.start = sectors;
    if (relative) line.startRelative = true;
  }

  #size(line: ScriptLine, text: string): void {
    if (text === "+") {
      line.max = true;
      return;
    }
    const sectors = sectorsOf(text.replace(/^\+/, ""), this.#sectorSize);
    if (sectors === undefined) bad();
    line.size = sectors;
  }

  #type(line: ScriptLine, word: string): void {
    const type = typeOf(this.label, word);
    if (type === undefined) throw new ScriptError("unsupported partition type");
    line.type = type;
  }
}

function bad(): never {
  throw new ScriptError("unsupported command");
}

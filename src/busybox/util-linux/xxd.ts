// xxd: bytes as hexadecimal text, and back (as in vim's xxd)
import { Errno } from "../../abi/errno.ts";
import { SEEK_SET } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openOrDie } from "../libbb/inputs.ts";
import { xatou } from "../libbb/numbers.ts";
import { DumpInput } from "./dump-input.ts";

const HEX = "0123456789abcdef";
const ZEROS = 1 << 16;

interface Layout {
  columns: number;
  /** Bytes in a group. */
  group: number;
  offset: number;
}

/** Rows with address, groups and text. */
function rowShower({
  columns,
  group,
  offset,
}: Layout): (bytes: Uint8Array, address: number) => Uint8Array {
  const high = new Uint8Array(256);
  const low = new Uint8Array(256);
  const text = new Uint8Array(256);
  for (let i = 0; i < 256; i++) {
    high[i] = HEX.charCodeAt(i >> 4);
    low[i] = HEX.charCodeAt(i & 15);
    text[i] = i >= 32 && i < 127 ? i : 46;
  }
  /** Where each byte's digits are, from the address' colon on. */
  const places = new Uint16Array(columns);
  for (let i = 0; i < columns; i++) places[i] = 2 + 2 * i + Math.floor(i / group);
  const textPlace = 2 + 2 * columns + Math.floor((columns - 1) / group) + 2;
  return (bytes, first) => {
    const rows = Math.ceil(bytes.length / columns);
    const digits = Math.max(8, (first + offset + bytes.length).toString(16).length);
    const out = new Uint8Array(rows * (digits + textPlace + 1) + bytes.length).fill(32);
    let to = 0;
    for (let at = 0; at < bytes.length; at += columns) {
      const address = (first + at + offset).toString(16).padStart(8, "0");
      for (let i = 0; i < address.length; i++) out[to + i] = address.charCodeAt(i);
      to += address.length;
      out[to] = 58;
      const n = Math.min(columns, bytes.length - at);
      const column = to + textPlace;
      for (let i = 0; i < n; i++) {
        const c = bytes[at + i] as number;
        const place = to + (places[i] as number);
        out[place] = high[c] as number;
        out[place + 1] = low[c] as number;
        out[column + i] = text[c] as number;
      }
      to = column + n;
      out[to++] = 10;
    }
    return out.subarray(0, to);
  };
}

/** Rows of digits alone. */
function plainShower(columns: number): (bytes: Uint8Array) => Uint8Array {
  const digits = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));
  return (bytes) => {
    let out = "";
    for (let at = 0; at < bytes.length; at += columns) {
      const end = Math.min(at + columns, bytes.length);
      for (let i = at; i < end; i++) out += digits[bytes[i] as number] as string;
      out += "\n";
    }
    return bytesOf(out);
  };
}

function includeShower(columns: number): (bytes: Uint8Array) => Uint8Array {
  const items = Array.from({ length: 256 }, (_, i) => `0x${i.toString(16).padStart(2, "0")},`);
  return (bytes) => {
    let out = "";
    for (let at = 0; at < bytes.length; at += columns) {
      const row = Array.from(bytes.subarray(at, at + columns), (c) => items[c]).join(" ");
      out += `  ${row}\n`;
    }
    return bytesOf(out);
  };
}

function hexValue(c: number): number {
  if (c >= 48 && c <= 57) return c - 48;
  const lower = c | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

/** The bytes that a line of a dump tells from `start` on; two blanks end them. */
function dumpPairs(line: string, start: number): Uint8Array {
  const out = new Uint8Array(line.length >> 1);
  let n = 0;
  for (let at = start; at < line.length; ) {
    const c = line.charCodeAt(at);
    if (c === 32 || c === 9 || c === 10 || c === 13 || c === 58) {
      if (n > 0 && c === 32 && line.charCodeAt(at + 1) === 32) break;
      at++;
      continue;
    }
    const high = hexValue(c);
    const low = hexValue(line.charCodeAt(at + 1));
    if (high < 0 || low < 0) break;
    out[n++] = high * 16 + low;
    at += 2;
  }
  return out.subarray(0, n);
}

/** Reads digits alone: pairs may be parted by blanks and line ends. */
class Digits {
  #high = -1;

  bytes(line: string): Uint8Array {
    const out = new Uint8Array((line.length >> 1) + 1);
    let n = 0;
    for (let at = 0; at < line.length; at++) {
      const c = line.charCodeAt(at);
      if (c === 32 || (c >= 9 && c <= 13)) continue;
      const value = hexValue(c);
      if (value < 0) {
        if (this.#high < 0 && c !== 58) break;
        this.#high = -1;
      } else if (this.#high < 0) this.#high = value;
      else {
        out[n++] = this.#high * 16 + value;
        this.#high = -1;
      }
    }
    return out.subarray(0, n);
  }
}

function* reverse(p: Process, name: string, plain: boolean, offset: number): Steps<void> {
  const { sys } = p;
  const input = yield* openOrDie(p, name);
  const lines = new LineReader(input);
  const digits = new Digits();
  /** Where writing goes on. */
  let position = 0;
  function* go(address: number): Steps<void> {
    const f = p.stdout.flush();
    if (f) yield* f;
    try {
      sys.lseek(1, address, SEEK_SET);
      position = address;
      return;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    if (address < position) die("cannot seek: Invalid seek");
    const zeros = new Uint8Array(ZEROS);
    while (position < address) {
      const n = Math.min(ZEROS, address - position);
      yield* writeAll(sys, 1, zeros.subarray(0, n));
      position += n;
    }
  }
  for (;;) {
    let line = lines.next();
    if (isSteps(line)) line = yield* line;
    if (line === undefined) break;
    let start = 0;
    if (!plain) {
      const address = /^\s*(?:0[xX])?([0-9a-fA-F]+)/.exec(line);
      if (address === null) die(`invalid number '${line.replace(/\n$/, "")}'`);
      start = address[0].length;
      const place = Number.parseInt(address[1] as string, 16) + offset;
      if (!Number.isSafeInteger(place)) die(`invalid number '${line.replace(/\n$/, "")}'`);
      if (place !== position) yield* go(place);
    }
    const bytes = plain ? digits.bytes(line) : dumpPairs(line, start);
    position += bytes.length;
    const w = p.stdout.write(bytes);
    if (w) yield* w;
  }
  closeInput(p, input);
}

function number(text: string): number {
  return /^0[xX][0-9a-fA-F]+$/.test(text)
    ? Number.parseInt(text, 16)
    : xatou(text.replace(/^0+(?=[0-9])/, ""));
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "l:s:apirg:c:o:", { max: 1 });
  const count = opt.get("l");
  const limit = count === undefined ? Infinity : number(count);
  const skip = number(opt.get("s") ?? "0");
  const offset = number(opt.get("o") ?? "0");
  const plain = opt.has("p");
  const name = opt.operands[0] ?? "-";
  let columns = number(opt.get("c") ?? "0");
  const group = number(opt.get("g") ?? "2");
  if (opt.has("r")) {
    yield* reverse(p, name, plain, skip);
    return 0;
  }
  if (columns === 0) columns = plain ? 30 : opt.has("i") ? 12 : 16;
  if (columns > 0xffff) die(`invalid number '${opt.get("c") ?? ""}'`);
  const symbol = name.replace(/[^A-Za-z0-9]/g, "_").replace(/^(?=[0-9])/, "__");
  let show: (bytes: Uint8Array, address: number) => Uint8Array;
  if (plain) show = plainShower(columns);
  else if (opt.has("i")) {
    show = includeShower(columns);
    if (name !== "-") {
      const w = p.stdout.puts(`unsigned char ${symbol}[] = {\n`);
      if (w) yield* w;
    }
  } else show = rowShower({ columns, group: group === 0 ? columns : group, offset });
  const input = new DumpInput(p, [name], columns, skip, limit);
  for (;;) {
    const bytes = yield* input.next();
    if (bytes.length === 0) break;
    const w = p.stdout.write(show(bytes, input.address));
    if (w) yield* w;
    input.address += bytes.length;
    if (bytes.length < columns) break;
  }
  if (opt.has("i") && !plain && name !== "-") {
    const w = p.stdout.puts(`};\nunsigned int ${symbol}_len = ${input.address};\n`);
    if (w) yield* w;
  }
  return input.failed ? 1 : 0;
}

export const xxd: Applet = {
  name: "xxd",
  path: "/usr/bin/xxd",
  usage: `[-pri] [-g N] [-c N] [-l LEN] [-s OFS] [-o OFS] [FILE]

Show FILE (or stdin) in hexadecimal

	-g N	Bytes in a group (default 2)
	-c N	Bytes in a row (default 16)
	-p	Digits only
	-i	As an array of C
	-l LEN	No more than LEN bytes
	-s OFS	From byte OFS on
	-o OFS	Add OFS to the addresses shown
	-r	Back from a dump (with -p: from digits) to bytes
`,
  main,
};

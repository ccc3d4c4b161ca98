// od: dump files in octal and other formats (POSIX od; -S -w and type letters as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, Exit, type Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { BKM, xatou, xatouRange } from "../libbb/numbers.ts";
import { parseTypes, type Type, typeOf, type Writer, writerOf } from "./od/format.ts";

/** Options that stand for a type. */
const SHORT: Readonly<Record<string, readonly [letter: string, size: number]>> = {
  a: ["a", 1],
  b: ["o", 1],
  c: ["c", 1],
  d: ["u", 2],
  f: ["f", 4],
  h: ["x", 2],
  i: ["d", 2],
  l: ["d", 4],
  o: ["o", 2],
  s: ["d", 2],
  x: ["x", 2],
};

/** Bytes read at a time. */
const CHUNK = 65536;

/** All inputs as one. */
class Combined {
  status = 0;
  /** Was there one that could be opened? */
  opened = false;
  readonly #p: Process;
  readonly #names: string[];
  #input: Input | undefined;

  constructor(p: Process, names: readonly string[]) {
    this.#p = p;
    this.#names = names.length > 0 ? [...names] : ["-"];
  }

  /** Makes sure that an input is open: undefined after the last. */
  *open(): Steps<Input | undefined> {
    while (this.#input === undefined) {
      const name = this.#names.shift();
      if (name === undefined) return undefined;
      try {
        this.#input = yield* openInput(this.#p, name);
        this.opened = true;
      } catch (e) {
        yield* this.#p.warn(name, e);
        this.status = 1;
      }
    }
    return this.#input;
  }

  /** Some bytes, `max` at most; none at the very end. */
  *read(max: number): Steps<Uint8Array> {
    for (;;) {
      const input = yield* this.open();
      if (input === undefined) return new Uint8Array(0);
      try {
        const call = input.read(max);
        const chunk = isSteps(call) ? yield* call : call;
        if (chunk.length > 0) return chunk;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* this.#p.warnx(`${input.name}: read error`);
        this.status = 1;
      }
      closeInput(this.#p, input);
      this.#input = undefined;
    }
  }

  *skip(bytes: number): Steps<void> {
    for (let left = bytes; left > 0; ) {
      const chunk = yield* this.read(Math.min(left, CHUNK));
      if (chunk.length === 0) die("can't skip past end of combined input");
      left -= chunk.length;
    }
  }
}

/** Writes an offset, and the other one that old od may show beside it. */
type Address = (offset: number) => string;

function addressOf(radix: string, pseudo: number | undefined): Address {
  if (radix === "n" && pseudo === undefined) return () => "";
  const base = radix === "d" ? 10 : radix === "x" ? 16 : 8;
  const digits = radix === "x" ? 6 : 7;
  const text = (n: number): string => (radix === "n" ? "" : n.toString(base).padStart(digits, "0"));
  if (pseudo === undefined) return text;
  return (offset) => `${text(offset)} (${text(offset + pseudo)})`;
}

interface Dump {
  types: readonly Type[];
  width: number;
  /** Lines are filled up to multiples of this, which all types' sizes divide. */
  unit: number;
  address: Address;
  /** -v */
  all: boolean;
  /** Bytes to skip and to show. */
  skip: number;
  limit: number;
}

/** With -An, the original puts this many spaces before a line's second type and the others. */
const INDENT_WITHOUT_ADDRESS = 69;

/** Writes lines into a block of bytes. */
class LineWriter {
  readonly #dump: Dump;
  readonly #writers: readonly Writer[];
  readonly #indent: number;
  /** Room that a line may take. */
  readonly #most: number;

  constructor(dump: Dump) {
    this.#dump = dump;
    this.#writers = dump.types.map(writerOf);
    this.#indent = dump.address(0).length || INDENT_WITHOUT_ADDRESS;
    this.#most = dump.types.reduce(
      (sum, t) =>
        sum +
        40 +
        INDENT_WITHOUT_ADDRESS +
        (dump.width / t.size) * t.width +
        (t.text ? dump.width + 4 : 0),
      0,
    );
  }

  buffer(lines: number): Uint8Array {
    return new Uint8Array(lines * this.#most);
  }

  /** One line of `n` bytes for each type; `data` has zeros behind them up to a whole item. */
  line(
    data: Uint8Array,
    from: number,
    n: number,
    offset: number,
    out: Uint8Array,
    at: number,
  ): number {
    const { types, width, unit, address } = this.#dump;
    let k = at;
    for (let t = 0; t < types.length; t++) {
      const type = types[t] as Type;
      if (t === 0) {
        const text = address(offset);
        for (let i = 0; i < text.length; i++) out[k++] = text.charCodeAt(i);
      } else for (let i = 0; i < this.#indent; i++) out[k++] = 32;
      const count = Math.ceil(n / unit) * (unit / type.size);
      k = (this.#writers[t] as Writer)(data, from, count, out, k);
      if (type.text) {
        for (let i = (width / type.size - count) * type.width; i > 0; i--) out[k++] = 32;
        out[k++] = 32;
        out[k++] = 32;
        out[k++] = 62;
        for (let i = 0; i < count * type.size; i++) {
          const c = data[from + i] as number;
          out[k++] = c >= 32 && c < 127 ? c : 46;
        }
        out[k++] = 60;
      }
      out[k++] = 10;
    }
    return k;
  }
}

function sameBytes(b: Uint8Array, i: number, k: number, n: number): boolean {
  for (let c = 0; c < n; c++) if (b[i + c] !== b[k + c]) return false;
  return true;
}

function* dumpAll(p: Process, input: Combined, d: Dump): Steps<void> {
  yield* input.open();
  yield* input.skip(d.skip);
  const writer = new LineWriter(d);
  const { width } = d;
  const lines = Math.max(1, Math.floor(CHUNK / width));
  // The line before comes first, to be compared with.
  const data = new Uint8Array((lines + 1) * width + 8);
  let offset = d.skip;
  let left = d.limit;
  let have = 0;
  let first = true;
  let starred = false;
  for (;;) {
    const chunk =
      left > 0 ? yield* input.read(Math.min(left, lines * width - have)) : new Uint8Array(0);
    left -= chunk.length;
    data.set(chunk, width + have);
    have += chunk.length;
    const end = chunk.length === 0;
    if (!end && have < width) continue;
    const whole = Math.floor(have / width);
    const out = writer.buffer(whole + 1);
    let k = 0;
    for (let i = 1; i <= whole; i++, offset += width) {
      const at = i * width;
      if (!d.all && !first && sameBytes(data, at, at - width, width)) {
        if (!starred) {
          out[k++] = 42;
          out[k++] = 10;
        }
        starred = true;
        continue;
      }
      starred = false;
      first = false;
      k = writer.line(data, at, width, offset, out, k);
    }
    const rest = have - whole * width;
    if (end && rest > 0) {
      data.fill(0, width + have);
      k = writer.line(data, width + whole * width, rest, offset, out, k);
      offset += rest;
    }
    const w = p.stdout.write(out.subarray(0, k));
    if (w) yield* w;
    if (p.stdout.error !== undefined) die("write error");
    if (end) break;
    data.copyWithin(0, whole * width, width + have);
    have = rest;
  }
  if (!input.opened) return;
  const last = d.address(offset);
  const w = p.stdout.puts(last === "" ? "" : `${last}\n`);
  if (w) yield* w;
}

/** -S: strings of so many visible characters that a NUL ends. */
function* strings(p: Process, input: Combined, d: Dump, least: number): Steps<void> {
  yield* input.skip(d.skip);
  let text = "";
  let offset = d.skip;
  const visible = /[\x20-\x7e]*/y;
  for (let left = d.limit; left > 0; ) {
    const chunk = yield* input.read(Math.min(left, CHUNK));
    if (chunk.length === 0) break;
    left -= chunk.length;
    text += strOf(chunk);
    let out = "";
    let done = 0;
    for (let nul = text.indexOf("\0"); nul >= 0; nul = text.indexOf("\0", done)) {
      for (let from = done; nul - from >= least; ) {
        visible.lastIndex = from;
        const run = (visible.exec(text) as RegExpExecArray)[0];
        if (from + run.length === nul) {
          const address = d.address(offset + from);
          out += `${address}${address === "" ? "" : " "}${run}\n`;
          break;
        }
        from += run.length + 1;
      }
      done = nul + 1;
    }
    // What has no end yet is kept, but not for ever.
    const keep = Math.max(done, text.length - (1 << 20));
    offset += keep;
    text = text.slice(keep);
    const w = p.stdout.puts(out);
    if (w) yield* w;
  }
}

/** An offset as old od takes it: octal, decimal with ".", in blocks of 512 with "b". */
function oldOffset(text: string | undefined): number | undefined {
  const m = /^\+?(0x[0-9a-fA-F]+|[0-9]+)(\.)?(b)?$/.exec(text ?? "");
  if (m === null) return undefined;
  const digits = m[1] as string;
  const hex = digits.startsWith("0x");
  const n = Number.parseInt(hex ? digits.slice(2) : digits, hex ? 16 : m[2] === "." ? 10 : 8);
  return Number.isNaN(n) ? undefined : n * (m[3] === "b" ? 512 : 1);
}

function lcm(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y !== 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "A:N:abcdfhij:lot:vxsS:w::", {
    long: {
      "skip-bytes": "j",
      "address-radix": "A",
      "read-bytes": "N",
      format: "t",
      "output-duplicates": "v",
      strings: "S",
      width: "w",
      traditional: "traditional",
    },
  });
  const radix = opt.get("A") ?? "o";
  if (!/^[doxn]/.test(radix)) die(`bad output address radix '${radix.charAt(0)}' (must be [doxn])`);
  const types: Type[] = [];
  // In this order, however they were given.
  for (const key of "abcdfhilotxs") {
    const short = SHORT[key];
    if (short !== undefined && opt.has(key)) types.push(typeOf(short[0], short[1]) as Type);
    else if (key === "t") {
      for (const text of opt.all(key)) {
        const more = parseTypes(text);
        if (typeof more === "string") die(more);
        types.push(...more);
      }
    }
  }
  if (types.length === 0) types.push(typeOf("o", 2) as Type);
  let skip = xatou(opt.get("j") ?? "0", BKM);
  const limitText = opt.get("N");
  const limit = limitText === undefined ? Infinity : xatou(limitText, BKM);
  const stringLength = opt.get("S");

  let names = opt.operands;
  let pseudo: number | undefined;
  if (opt.has("traditional")) {
    const label = names.length > 2 ? oldOffset(names[2]) : undefined;
    const offset = oldOffset(names[1]) ?? (names.length === 1 ? oldOffset(names[0]) : undefined);
    if (names.length > 3) die("too many arguments");
    if (names.length > 1 && offset === undefined)
      die(`invalid second argument '${names[1] ?? ""}'`);
    if (names.length > 2 && label === undefined) die(`invalid third argument '${names[2] ?? ""}'`);
    if (offset !== undefined) {
      skip = offset;
      names = names.length === 1 ? [] : names.slice(0, 1);
      if (label !== undefined) pseudo = label - skip;
    }
  }

  const unit = types.reduce((n, t) => lcm(n, t.size), 1);
  let width = unit * Math.floor(16 / unit);
  if (opt.has("w")) {
    width = xatouRange(opt.get("w") ?? "32", 0, 0x7fffffff);
    if (width === 0 || width % unit !== 0) {
      yield* p.warnx(`warning: invalid width ${width}; using ${unit} instead`);
      width = unit;
    }
    if (width > 1 << 20) throw new Exit(1, "out of memory");
  }
  const input = new Combined(p, names);
  const address = addressOf(radix.charAt(0), pseudo);
  const d: Dump = { types, width, unit, address, all: opt.has("v"), skip, limit };
  if (stringLength !== undefined)
    yield* strings(p, input, d, xatouRange(stringLength, 0, 0x7fffffff));
  else yield* dumpAll(p, input, d);
  return input.status;
}

export const od: Applet = {
  name: "od",
  path: "/usr/bin/od",
  usage: `[-abcdfhilovxs] [-t TYPE] [-A RADIX] [-N SIZE] [-j SKIP] [-S MINSTR] [-w WIDTH] [FILE]...

Print FILEs as numbers, octal of two bytes unless told otherwise

	-t TYPE	a names, c characters, d u o x (1, 2, 4, 8 or C, S, I, L) integers,
		f (4, 8 or F, D) floating point; z after it adds the text
	-a -b -c -d -f -h -i -l -o -s -x
		As -t a, o1, c, u2, f4, x2, d2, d4, o2, d2, x2
	-A RADIX	Offsets in d, o, x or n (none)
	-j SKIP	Leave out the first SKIP bytes
	-N SIZE	Print SIZE bytes
	-S N	Print strings of N characters and more
	-v	Print equal lines, not *
	-w[N]	N bytes a line (32; default 16)
`,
  main,
};

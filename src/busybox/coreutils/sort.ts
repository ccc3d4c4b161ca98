// sort: sort lines (POSIX sort; -g -h -M -V -s -z as in GNU). The order is that of bytes.
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { dieIfStdoutFailed, stdoutTo } from "../libbb/stdout.ts";
import { strverscmp } from "../libbb/strverscmp.ts";
import { KEY_FLAGS, type Key, keySpans, kindOf, numericKeys, transformed } from "./sort/key.ts";
import { Lines } from "./sort/lines.ts";
import { compareBy, type Level, Sorter } from "./sort/sorter.ts";

/** Offsets are 32 bits wide; who sorts more has little memory left anyway. */
const TEXT_MAX = 0x4000_0000;

function parseKey(text: string): Key {
  const bad = (): never => die("bad field specification", 2);
  const number = (s: string): number => (s.length < 10 ? Number(s) : bad());
  const m = /^([0-9]+)(?:\.([0-9]+))?([^,]*)(?:,([0-9]+)(?:\.([0-9]+))?(.*)|,(.*))?$/s.exec(text);
  if (m === null) return bad();
  const [, field = "", char, flags1 = "", endField, endChar, flags2 = "", flags3 = ""] = m;
  const flags = flags1 + flags2 + flags3;
  if (flags1.startsWith(".")) bad();
  for (const c of flags) if (!KEY_FLAGS.includes(c)) die("unknown key option", 2);
  // The order of versions is only known for the whole.
  if (flags.includes("V")) die("unknown sort type", 2);
  if (number(field) === 0 || (char !== undefined && number(char) === 0)) bad();
  if (
    endField !== undefined &&
    (number(endField) === 0 || (endChar !== undefined && number(endChar) === 0))
  )
    bad();
  return {
    field: number(field),
    char: number(char ?? "1"),
    endField: number(endField ?? "0"),
    endChar: number(endChar ?? "0"),
    startBlanks: flags1.includes("b"),
    endBlanks: (flags2 + flags3).includes("b"),
    flags,
  };
}

/** Everything the inputs hold, with a delimiter after each. What cannot be read is empty, without a word. */
function* readInputs(p: Process, names: readonly string[], delimiter: number): Steps<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (const name of names.length > 0 ? names : ["-"]) {
    try {
      const input = yield* openInput(p, name);
      try {
        for (;;) {
          let chunk = input.read(COPY_SIZE);
          if (isSteps(chunk)) chunk = yield* chunk;
          if (chunk.length === 0) break;
          chunks.push(chunk);
          size += chunk.length;
          if (size > TEXT_MAX) die("out of memory", 2);
        }
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
      closeInput(p, input);
    } catch (e) {
      dieErrno(name, e, 2);
    }
    const last = chunks.at(-1);
    if (last !== undefined && last[last.length - 1] !== delimiter) {
      chunks.push(Uint8Array.of(delimiter));
      size++;
    }
  }
  const text = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    text.set(chunk, at);
    at += chunk.length;
  }
  return text;
}

/** The steps of the order that a key asks for. */
function levelsOf(lines: Lines, key: Key, separator: number | undefined): Level[] {
  const reverse = key.flags.includes("r");
  const kind = kindOf(key.flags);
  // Nobody notices before there is something to compare.
  if (kind === undefined) return lines.count > 1 ? die("unknown sort type", 2) : [];
  const spans = keySpans(lines, key, separator);
  if (kind === "version") {
    const texts = Array.from(spans.start, (from, i) => strOf(lines.text, from, spans.end[i]));
    const compare = (a: number, b: number): number =>
      strverscmp(texts[a] as string, texts[b] as string);
    return [{ kind: "compare", compare, reverse }];
  }
  if (kind !== "bytes")
    return numericKeys(lines.text, spans, kind).map((values) => ({
      kind: "number",
      values,
      reverse,
    }));
  if (!/[dif]/.test(key.flags)) return [{ kind: "bytes", text: lines.text, ...spans, reverse }];
  const t = transformed(lines.text, spans, key.flags);
  return [{ kind: "bytes", text: t.text, ...t.spans, reverse }];
}

/** Writes lines in this order. */
function* print(p: Process, lines: Lines, order: Int32Array, delimiter: number): Steps<void> {
  const { text, start, end } = lines;
  let out = new Uint8Array(COPY_SIZE);
  let k = 0;
  for (let i = 0; i < order.length; i++) {
    const line = order[i] as number;
    const from = start[line] as number;
    const to = end[line] as number;
    const size = to - from;
    if (k + size >= out.length) {
      const w = p.stdout.write(out.subarray(0, k));
      if (w) yield* w;
      dieIfStdoutFailed(p);
      out = new Uint8Array(Math.max(COPY_SIZE, size + 1));
      k = 0;
    }
    if (size < 32) for (let at = from; at < to; at++) out[k++] = text[at] as number;
    else {
      out.set(text.subarray(from, to), k);
      k += size;
    }
    out[k++] = delimiter;
  }
  const w = p.stdout.write(out.subarray(0, k));
  if (w) yield* w;
}

function* main(p: Process): Steps<number> {
  p.errorStatus = 2;
  const opt = getopt(p, "nghMVucszbrdfimS:T:o:k:t:");
  const separators = opt.all("t");
  if (separators.length > 1) p.usageError();
  const separator = separators[0];
  if (separator !== undefined && separator.length !== 1) die("bad -t parameter", 2);
  const flags = [...KEY_FLAGS].filter((c) => opt.has(c)).join("");
  const keys = opt.all("k").map(parseKey);
  // Flags of the whole hold for keys that have none.
  const blanks = flags.includes("b");
  const general = { flags, startBlanks: blanks, endBlanks: blanks };
  for (const key of keys) if (key.flags === "") Object.assign(key, general);
  if (keys.length === 0) keys.push({ field: 1, char: 1, endField: 0, endChar: 0, ...general });

  const delimiter = opt.has("z") ? 0 : 10;
  const unique = opt.has("u");
  const lines = new Lines(yield* readInputs(p, opt.operands, delimiter), delimiter);
  const keyed = keys.flatMap((key) => levelsOf(lines, key, separator?.charCodeAt(0)));
  if (opt.has("c")) {
    for (let i = 1; i < lines.count; i++) {
      const order = compareBy(keyed, i - 1, i);
      if (order > 0 || (unique && order === 0)) {
        const w = p.stderr.puts(`Check line ${i}\n`);
        if (w) yield* w;
        return 1;
      }
    }
    return 0;
  }

  const whole = keys.length === 1 && keyed[0]?.kind === "bytes" && keyed[0].start === lines.start;
  const levels = [...keyed];
  // Lines whose keys are equal are in the order of all their bytes.
  if (!opt.has("s") && !whole) {
    const { text, start, end } = lines;
    levels.push({ kind: "bytes", text, start, end, reverse: flags.includes("r") });
  }
  let order = new Sorter(lines.count, levels).sort();
  if (unique) {
    let previous = -1;
    order = order.filter((line) => {
      if (previous >= 0 && compareBy(keyed, previous, line) === 0) return false;
      previous = line;
      return true;
    });
  }
  const name = opt.get("o");
  if (name !== undefined) yield* stdoutTo(p, name, 2);
  yield* print(p, lines, order, delimiter);
  return 0;
}

export const sort: Applet = {
  name: "sort",
  path: "/usr/bin/sort",
  usage: `[-nrughMcszbdfiokt] [-o FILE] [-k START[.OFS][OPTS][,END[.OFS][OPTS]] [-t CHAR] [FILE]...

Sort lines

	-o FILE	Write to FILE
	-c	Only check that the lines are sorted
	-b	Leave out blanks in front
	-f	Upper and lower case are the same
	-i	Leave out what cannot be printed
	-d	Only letters, digits and blanks count
	-n	By number
	-g	By number, with what is none first
	-h	By number with a unit (2K, 1G)
	-M	By name of month
	-V	By version
	-t CHAR	CHAR separates fields
	-k N[,M] From field N to M
	-r	In reverse
	-s	Equal keys stay in order (not: by the whole line)
	-u	One line of those with equal keys
	-z	Lines end in NUL, not newline
	-m,-S N,-T DIR	Ignored
`,
  main,
};

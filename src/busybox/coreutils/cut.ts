// cut: columns and fields of lines (POSIX cut; -O -D as in BusyBox). Bytes and characters are the same here.
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

/** First and last position, from 1, both included. */
type Range = readonly [first: number, last: number];

const MOST = 0x7fffffff;

function parseList(list: string): Range[] {
  const ranges: Range[] = [];
  const position = (s: string, missing: number): number => {
    if (s === "") return missing;
    if (!/^[0-9]+$/.test(s) || Number(s) > MOST) die(`invalid number '${s}'`);
    return Math.max(1, Number(s));
  };
  for (const part of list.split(",")) {
    if (part === "") continue;
    const dash = part.indexOf("-");
    const first = position(dash < 0 ? part : part.slice(0, dash), 1);
    const last = dash < 0 ? first : position(part.slice(dash + 1), MOST);
    // The numbers of the original's message count from 0.
    if (last < first - 1) die(`${last}<${first - 1}`);
    ranges.push([first, last]);
  }
  if (ranges.length === 0) die("missing list of positions");
  return ranges;
}

/** Bytes of each line of a block. */
function cutBytes(ranges: readonly Range[]): (block: string) => string {
  return (block) => {
    let out = "";
    for (let at = 0; at < block.length; ) {
      let end = block.indexOf("\n", at);
      if (end < 0) end = block.length;
      for (const [first, last] of ranges) {
        const from = at + first - 1;
        if (from < end) out += block.slice(from, Math.min(end, at + last));
      }
      out += "\n";
      at = end + 1;
    }
    return out;
  };
}

interface Fields {
  ranges: readonly Range[];
  delimiter: string;
  joiner: string;
  /** -s */
  onlyDelimited: boolean;
  /** -D: ranges as listed, overlaps repeated. */
  unsorted: boolean;
}

function cutFields(f: Fields): (block: string) => string {
  const { ranges, delimiter, joiner } = f;
  // Where fields beyond this one end does not matter.
  const most = ranges.reduce((max, [, last]) => Math.max(max, last), 0);
  const onlyFirst = ranges.length === 1 && ranges[0]?.[0] === 1 && most === 1;
  /** Start of each field of the line, and where the field after the last known one would start. */
  const starts: number[] = [];

  const fields = (block: string, from: number, to: number): string =>
    joiner === delimiter
      ? block.slice(starts[from - 1] as number, (starts[to] as number) - 1)
      : block
          .slice(starts[from - 1] as number, (starts[to] as number) - 1)
          .replaceAll(delimiter, joiner);

  return (block) => {
    let out = "";
    let delim = block.indexOf(delimiter);
    for (let at = 0; at < block.length; ) {
      let end = block.indexOf("\n", at);
      if (end < 0) end = block.length;
      if (delim >= 0 && delim < at) delim = block.indexOf(delimiter, at);
      if (delim < 0 || delim >= end) {
        // An empty line is printed even with -s.
        if (!f.onlyDelimited || end === at) out += `${block.slice(at, end)}\n`;
        at = end + 1;
        continue;
      }
      // The common case without any bookkeeping.
      if (onlyFirst) {
        out += `${block.slice(at, delim)}\n`;
        at = end + 1;
        continue;
      }
      let n = 0;
      starts[n++] = at;
      while (n <= most && delim >= 0 && delim < end) {
        starts[n++] = delim + 1;
        delim = block.indexOf(delimiter, delim + 1);
      }
      // Fewer fields than asked for: the last one ends with the line.
      const count = Math.min(n, most);
      if (n <= most) starts[n] = end + 1;
      let next = 1;
      for (let k = 0; k < ranges.length; k++) {
        const [first, last] = ranges[k] as Range;
        const from = f.unsorted ? first : Math.max(first, next);
        const to = Math.min(last, count);
        // As the original has it: a range that begins after the end of the line leaves a delimiter,
        // one that was printed before leaves none.
        const done = !f.unsorted && (next > n || (next === n && starts[n - 1] === end));
        if (k > 0 && (done || last >= from)) out += joiner;
        if (from <= to) out += fields(block, from, to);
        if (last >= next) next = last + 1;
      }
      out += "\n";
      at = end + 1;
    }
    return out;
  };
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const [first, last] of ranges) {
    const before = merged.at(-1);
    if (before !== undefined && first <= before[1] + 1)
      merged[merged.length - 1] = [before[0], Math.max(before[1], last)];
    else merged.push([first, last]);
  }
  return merged;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "b:c:f:d:O:sDn", { exclusive: ["bcf"] });
  const list = opt.get("b") ?? opt.get("c") ?? opt.get("f");
  if (list === undefined) return die("expected a list of bytes, characters, or fields");
  const byFields = opt.has("f");
  if (!byFields && opt.has("d")) die("a delimiter may be specified only when operating on fields");
  if (!byFields && opt.has("s"))
    die("suppressing non-delimited lines makes sense only when operating on fields");
  const unsorted = opt.has("D");
  let ranges = parseList(list);
  if (!unsorted) ranges.sort((a, b) => a[0] - b[0]);
  const delimiter = (opt.get("d") ?? "\t").charAt(0) || "\0";
  const joiner = opt.get("O") ?? delimiter;
  let cut: (block: string) => string;
  let line = 0;
  if (!byFields) {
    ranges = ranges.map(([first, last]) => [first, Math.max(first, last)]);
    cut = cutBytes(unsorted ? ranges : merge(ranges));
  } else if (delimiter === "\n") {
    // The lines are the fields.
    cut = (block) =>
      block.replace(/[^\n]*\n|[^\n]+/g, (text) => {
        line++;
        return ranges.some(([first, last]) => first <= line && line <= last) ? text : "";
      });
  } else cut = cutFields({ ranges, delimiter, joiner, onlyDelimited: opt.has("s"), unsorted });

  return yield* forEachInput(p, opt.operands, function* (input) {
    line = 0;
    const lines = new LineReader(input);
    for (;;) {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      if (block === undefined) return;
      const w = p.stdout.puts(cut(block));
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  });
}

export const cut: Applet = {
  name: "cut",
  path: "/usr/bin/cut",
  usage: `[OPTIONS] [FILE]...

Print parts of the lines of FILEs

	-b LIST	Bytes
	-c LIST	Characters (the same as bytes)
	-f LIST	Fields
	-d SEP	What separates fields (default tab); newline makes lines the fields
	-O SEP	What separates fields in the output (default as -d)
	-D	Parts in the order of LIST, overlaps repeated
	-s	With -f: leave out lines without SEP
	-n	Ignored
`,
  main,
};

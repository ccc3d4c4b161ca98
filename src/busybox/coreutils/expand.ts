// expand, unexpand: tabs to spaces and back (POSIX expand, unexpand; one tab width only)
import { isSteps, type Steps } from "../../abi/program.ts";
import { isAscii } from "../../lib/utf8.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { textWidth } from "../libbb/width.ts";

type Width = (text: string) => number;

function length(text: string): number {
  return text.length;
}

function expandLine(line: string, tab: number, initial: boolean, width: Width): string {
  if (!line.includes("\t")) return line;
  let head = line;
  let rest = "";
  if (initial) {
    const blanks = /^[ \t]*/.exec(line)?.[0].length ?? 0;
    head = line.slice(0, blanks);
    rest = line.slice(blanks);
  }
  const parts = head.split("\t");
  let out = "";
  let column = 0;
  for (let i = 0; i < parts.length - 1; i++) {
    const part = parts[i] as string;
    column += width(part);
    const gap = tab - (column % tab);
    out += part + " ".repeat(gap);
    column += gap;
  }
  return out + (parts.at(-1) ?? "") + rest;
}

function unexpandLine(line: string, tab: number, all: boolean, width: Width): string {
  let out = "";
  let column = 0;
  let at = 0;
  const runs = /[ \t]+/g;
  for (let run = runs.exec(line); run !== null; run = runs.exec(line)) {
    const text = line.slice(at, run.index);
    const blanks = run[0];
    const start = column + width(text);
    at = run.index + blanks.length;
    column = start;
    if (blanks.includes("\t"))
      for (const c of blanks) column += c === " " ? 1 : tab - (column % tab);
    else column += blanks.length;
    const tabs = Math.floor(column / tab) - Math.floor(start / tab);
    out += tabs > 0 ? text + "\t".repeat(tabs) + " ".repeat(column % tab) : text + blanks;
    // Without -a only the first run of blanks is converted, wherever it is.
    if (!all) break;
  }
  return out + line.slice(at);
}

function* convert(
  p: Process,
  names: readonly string[],
  convertLine: (line: string, width: Width) => string,
): Steps<number> {
  return yield* forEachInput(p, names, function* (input) {
    const lines = new LineReader(input);
    for (;;) {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      if (block === undefined) return;
      const width = isAscii(block) ? length : textWidth;
      let out = "";
      for (let at = 0; at < block.length; ) {
        const end = block.indexOf("\n", at);
        const to = end < 0 ? block.length : end;
        out += convertLine(block.slice(at, to), width);
        if (end >= 0) out += "\n";
        at = to + 1;
      }
      const w = p.stdout.puts(out);
      if (w) yield* w;
    }
  });
}

/** Wider tabs are as good as this; keeps a line from growing without bound. */
const WIDEST = 1 << 20;

function tabWidth(text: string | undefined): number {
  return Math.min(WIDEST, xatouRange(text ?? "8", 1, 0xffffffff));
}

function* expandMain(p: Process): Steps<number> {
  const opt = getopt(p, "it:", { long: { initial: "i", tabs: "t" } });
  const tab = tabWidth(opt.get("t"));
  const initial = opt.has("i");
  return yield* convert(p, opt.operands, (s, width) => expandLine(s, tab, initial, width));
}

function* unexpandMain(p: Process): Steps<number> {
  const opt = getopt(p, "ft:a", { long: { "first-only": "f", tabs: "t", all: "a" } });
  const tab = tabWidth(opt.get("t"));
  const all = !opt.has("f") && (opt.has("a") || opt.has("t"));
  return yield* convert(p, opt.operands, (s, width) => unexpandLine(s, tab, all, width));
}

export const expand: Applet = {
  name: "expand",
  path: "/usr/bin/expand",
  usage: `[-i] [-t N] [FILE]...

Print FILEs with spaces for tabs

	-i	Only the tabs that begin a line
	-t N	Tabs are N columns apart (default 8)
`,
  main: expandMain,
};

export const unexpand: Applet = {
  name: "unexpand",
  path: "/usr/bin/unexpand",
  usage: `[-fa][-t N] [FILE]...

Print FILEs with tabs for spaces

	-a	All blanks, not only the first ones of a line
	-f	Only the first blanks
	-t N	Tabs are N columns apart (default 8); implies -a
`,
  main: unexpandMain,
};

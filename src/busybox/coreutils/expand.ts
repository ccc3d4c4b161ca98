// expand, unexpand: tabs to spaces and back (POSIX expand, unexpand; one tab width only)
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { textWidth } from "../libbb/width.ts";

function expandLine(line: string, tab: number, initial: boolean): string {
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
    column += textWidth(part);
    const gap = tab - (column % tab);
    out += part + " ".repeat(gap);
    column += gap;
  }
  return out + (parts.at(-1) ?? "") + rest;
}

function unexpandLine(line: string, tab: number, all: boolean): string {
  let out = "";
  let column = 0;
  let at = 0;
  for (const run of line.matchAll(/[ \t]+/g)) {
    const text = line.slice(at, run.index);
    const start = column + textWidth(text);
    column = start;
    for (const c of run[0]) column += c === " " ? 1 : tab - (column % tab);
    const tabs = Math.floor(column / tab) - Math.floor(start / tab);
    out += text + "\t".repeat(tabs) + " ".repeat(tabs > 0 ? column % tab : column - start);
    at = run.index + run[0].length;
    // Without -a only the first run of blanks is converted, wherever it is.
    if (!all) break;
  }
  return out + line.slice(at);
}

function* convert(
  p: Process,
  names: readonly string[],
  line: (s: string) => string,
): Steps<number> {
  return yield* forEachInput(p, names, function* (input) {
    const lines = new LineReader(input);
    for (;;) {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      if (block === undefined) return;
      const w = p.stdout.puts(block.split("\n").map(line).join("\n"));
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
  return yield* convert(p, opt.operands, (s) => expandLine(s, tab, opt.has("i")));
}

function* unexpandMain(p: Process): Steps<number> {
  const opt = getopt(p, "ft:a", { long: { "first-only": "f", tabs: "t", all: "a" } });
  const tab = tabWidth(opt.get("t"));
  const all = !opt.has("f") && (opt.has("a") || opt.has("t"));
  return yield* convert(p, opt.operands, (s) => unexpandLine(s, tab, all));
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

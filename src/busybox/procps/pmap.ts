// pmap: the memory of processes by mapping (as in procps)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";
import { cmdline } from "../libbb/procps.ts";

/** Status when a process has no map. */
const NO_MAP = 42;

interface Mapping {
  start: string;
  /** KiB. */
  size: number;
  mode: string;
  name: string;
  pss: number;
  dirty: number;
  swap: number;
}

function parse(text: string): Mapping[] {
  const maps: Mapping[] = [];
  for (const line of text.split("\n")) {
    const head = /^([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+\s*(\S*)/.exec(line);
    if (head !== null) {
      const [, start = "", end = "", mode = "", name = ""] = head;
      const size = Number((BigInt(`0x${end}`) - BigInt(`0x${start}`)) / 1024n);
      const shown = name === "" ? "  [ anon ]" : name;
      maps.push({ start, size, mode, name: shown, pss: 0, dirty: 0, swap: 0 });
      continue;
    }
    const field = /^(Pss|Private_Dirty|Swap): +([0-9]+) kB/.exec(line);
    const map = maps.at(-1);
    if (field === null || map === undefined) continue;
    const n = Number(field[2]);
    if (field[1] === "Pss") map.pss = n;
    else if (field[1] === "Swap") map.swap = n;
    else map.dirty = n;
  }
  return maps;
}

function* one(p: Process, pid: number, extended: boolean, quiet: boolean): Steps<number> {
  const dir = `/proc/${pid}`;
  const args = (yield* cmdline(p.sys, dir)).replace(/\0+$/, "").replaceAll("\0", " ");
  const comm = ((yield* readText(p.sys, `${dir}/comm`)) ?? "?\n").slice(0, -1);
  let out = `${pid}: ${args || `[${comm}]`}\n`;
  if (extended && !quiet) out += "Address\t\t  Kbytes     PSS   Dirty    Swap  Mode  Mapping\n";
  const maps = parse((yield* readText(p.sys, `${dir}/smaps`, 1 << 26)) ?? "");
  const num = (n: number, width: number): string => String(n).padStart(width);
  const sum = { size: 0, pss: 0, dirty: 0, swap: 0 };
  for (const m of maps) {
    sum.size += m.size;
    sum.pss += m.pss;
    sum.dirty += m.dirty;
    sum.swap += m.swap;
    out += `${m.start.padStart(16, "0")} `;
    out += extended
      ? `${num(m.size, 7)} ${num(m.pss, 7)} ${num(m.dirty, 7)} ${num(m.swap, 7)}  ${m.mode}  ${m.name}\n`
      : `${num(m.size, 7)}K ${m.mode}  ${m.name}\n`;
  }
  if (maps.length > 0 && !quiet) {
    out += extended
      ? `----------------  ------  ------  ------  ------\ntotal\t\t ${num(sum.size, 7)} ${num(sum.pss, 7)} ${num(sum.dirty, 7)} ${num(sum.swap, 7)}\n`
      : `mapped: ${sum.size}K\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return maps.length > 0 ? 0 : NO_MAP;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "xq", { min: 1 });
  let status = 0;
  for (const word of opt.operands) status = yield* one(p, xatou(word), opt.has("x"), opt.has("q"));
  return status;
}

export const pmap: Applet = {
  name: "pmap",
  path: "/usr/bin/pmap",
  usage: "[-xq] PID...\n\nShow what memory processes use\n\n\t-x\tMore columns\n\t-q\tNo sums\n",
  main,
};

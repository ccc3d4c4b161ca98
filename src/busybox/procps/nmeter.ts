// nmeter: what the machine does, a line each moment, in a format of one's own
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC, CLOCK_REALTIME } from "../../abi/resource.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { strftime } from "../../libc/time/strftime.ts";
import { localtime } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { readText } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

/** Files of /proc that the items of a format read. */
const FILES: readonly string[] = ["stat", "meminfo", "net/dev", "sys/fs/file-nr", "vmstat"];
const UNITS = " kmgtpe";

/** Texts of {@link FILES} and the moment. */
interface Sample {
  text: ReadonlyMap<string, string>;
  now: { sec: number; nsec: number };
  elapsedMs: number;
}

type Item = (now: Sample, before: Sample) => string;

/** A number in four columns. */
function scaled(n: number): string {
  let value = n;
  let unit = 0;
  while (value >= (unit === 0 ? 10000 : 1000) && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  if (unit === 0) return String(Math.floor(value)).padStart(4);
  const text = value < 10 ? (Math.floor(value * 10) / 10).toFixed(1) : String(Math.floor(value));
  return `${text.padStart(3)}${UNITS.charAt(unit)}`;
}

/** Numbers of the line of a file that begins with `key`. */
function numbers(sample: Sample, file: string, key: string): number[] | undefined {
  for (const line of (sample.text.get(file) ?? "").split("\n")) {
    const [first = "", ...rest] = line.trim().split(/[\s:]+/);
    if (first === key) return rest.map(Number);
  }
  return undefined;
}

const one = (sample: Sample, file: string, key: string, at = 0): number =>
  numbers(sample, file, key)?.[at] ?? 0;

/** How much something grew. */
function growth(file: string, key: string, at = 0): Item {
  return (now, before) => scaled(Math.max(0, one(now, file, key, at) - one(before, file, key, at)));
}

function cpu(size: number): Item {
  return (now, before) => {
    const old = numbers(before, "stat", "cpu") ?? [];
    const used = (numbers(now, "stat", "cpu") ?? []).map((n, i) => Math.max(0, n - (old[i] ?? 0)));
    const total = used.slice(0, 7).reduce((a, b) => a + b, 0);
    if (total === 0) return "?".repeat(size);
    // In the order of the bar: system, user, niced, waiting, interrupts.
    const shares: readonly (readonly [string, number])[] = [
      ["S", 2],
      ["U", 0],
      ["N", 1],
      ["D", 4],
      ["I", 5],
      ["i", 6],
    ];
    let bar = "";
    let sum = 0;
    for (const [letter, at] of shares) {
      sum += used[at] ?? 0;
      bar = bar.padEnd(Math.round((sum / total) * size), letter);
    }
    return bar.padEnd(size, ".");
  };
}

function network(name: string): Item {
  return (now, before) => {
    const [a, b] = [numbers(now, "net/dev", name), numbers(before, "net/dev", name)];
    if (a === undefined || b === undefined) return "??????????";
    const grown = (at: number): string => scaled(Math.max(0, (a[at] ?? 0) - (b[at] ?? 0)));
    return ` ${grown(0)} ${grown(8)}`;
  };
}

function memory(kind: string): Item | undefined {
  const kb = (sample: Sample, key: string): number => one(sample, "meminfo", key) * 1024;
  const keys: Readonly<Record<string, string>> = {
    d: "Dirty",
    w: "Writeback",
    f: "MemFree",
    t: "MemTotal",
  };
  const key = keys[kind];
  if (key !== undefined) return (now) => scaled(kb(now, key));
  if (kind !== "") return undefined;
  return (now) =>
    scaled(kb(now, "MemTotal") - kb(now, "MemFree") - kb(now, "Buffers") - kb(now, "Cached"));
}

/** One item: its letter, the number before it and, for %[...], the rest of the brackets. */
function item(
  letter: string,
  count: string,
  rest: string,
  clock: (sec: number) => string,
): Item | undefined {
  const digits = Math.min(Number(count) || 0, 6);
  const fraction = (nsec: number): string =>
    digits === 0 ? "" : `.${String(nsec).padStart(9, "0").slice(0, digits)}`;
  switch (letter) {
    case "c":
      return cpu(Math.min(Number(rest || count) || 10, 1000));
    case "n":
      return network(rest);
    case "m":
      return memory(rest);
    case "s":
      return (now) =>
        scaled((one(now, "meminfo", "SwapTotal") - one(now, "meminfo", "SwapFree")) * 1024);
    case "f":
      return (now) => scaled(Number.parseInt(now.text.get("sys/fs/file-nr") ?? "0", 10));
    case "i":
      return growth("stat", "intr", count === "" ? 0 : Number(count) + 1);
    case "x":
      return growth("stat", "ctxt");
    case "p":
      if (rest === "n") return (now) => scaled(Number(now.text.get("processes") ?? 0));
      return growth("stat", "processes");
    case "b": {
      const [read, written] = [growth("vmstat", "pgpgin"), growth("vmstat", "pgpgout")];
      return (now, before) => `${read(now, before)} ${written(now, before)}`;
    }
    case "t":
      return ({ now }) => clock(now.sec) + fraction(now.nsec);
    case "T":
      return ({ elapsedMs }) => {
        const sec = Math.floor(elapsedMs / 1000);
        const two = (n: number): string => String(n).padStart(2, "0");
        const parts = [Math.floor(sec / 3600) % 24, Math.floor(sec / 60) % 60, sec % 60];
        return parts.map(two).join(":") + fraction(Math.floor((elapsedMs % 1000) * 1e6));
      };
    default:
      return undefined;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "d:", { min: 1, max: 1 });
  const { sys } = p;
  const delay = opt.has("d") ? xatoi(opt.get("d") as string) : 1000;
  const zone = yield* timezone(p);
  const clock = (sec: number): string => {
    const tm = localtime(sec, zone);
    return tm === undefined ? "" : strftime("%H:%M:%S", tm);
  };
  const items: (string | Item)[] = [];
  let end = "\n";
  const format = opt.operands[0] as string;
  for (const [whole, , count = "", letter = "", bracket] of format.matchAll(
    /[^%]+|(%([0-9]*)([a-zA-Z%])|%\[([^\]]*)\])|%/g,
  )) {
    if (whole.startsWith("%")) {
      if (letter === "r") end = "\r";
      else if (whole === "%%") items.push("%");
      else {
        const found =
          bracket === undefined
            ? item(letter, count, "", clock)
            : item(bracket.charAt(0), "", bracket.slice(1), clock);
        items.push(found ?? p.usageError());
      }
    } else items.push(whole);
  }
  const monotonic = (): number => {
    const { sec, nsec } = sys.clock_gettime(CLOCK_MONOTONIC);
    return sec * 1000 + nsec / 1e6;
  };
  const start = monotonic();
  const counting = format.includes("%[pn]");
  const take = function* (): Steps<Sample> {
    const text = new Map<string, string>();
    for (const file of FILES)
      text.set(file, (yield* readText(sys, `/proc/${file}`, 1 << 20)) ?? "");
    if (counting) {
      const load = (yield* readText(sys, "/proc/loadavg")) ?? "";
      text.set("processes", /\/(\d+)/.exec(load)?.[1] ?? "0");
    }
    return { text, now: sys.clock_gettime(CLOCK_REALTIME), elapsedMs: monotonic() - start };
  };
  let before = yield* take();
  for (;;) {
    if (delay > 0) yield* settle(sys.nanosleep(delay));
    else yield* sys.sched_yield();
    const now = yield* take();
    const line = items.map((each) => (typeof each === "string" ? each : each(now, before)));
    const w = p.stdout.puts(line.join("") + end);
    if (w) yield* w;
    const f = p.stdout.flush();
    if (f) yield* f;
    if (p.stdout.error !== undefined) return 1;
    before = now;
  }
}

export const nmeter: Applet = {
  name: "nmeter",
  path: "/usr/bin/nmeter",
  usage: `[-d MSEC] FORMAT

Print a line about the machine again and again

	-d MSEC	Time between lines (1000; -1 none)

	%Nc, %[cN]	Processors, a bar of N letters: System User Niced D waiting I i interrupts
	%[nNAME]	Network interface, bytes in and out
	%m	Memory in use; %[md] dirty, %[mw] being written, %[mf] free, %[mt] all
	%s	Swap in use
	%f	Open files
	%Ni	Interrupts, or those of number N
	%x	Context switches
	%p	New processes; %[pn] how many there are
	%b	Blocks read and written
	%Nt	Time, with N digits after the point
	%NT	Time since the start
	%r	End lines with a carriage return
`,
  main,
};

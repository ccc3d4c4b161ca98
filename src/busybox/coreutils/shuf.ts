// shuf: lines in random order (as in GNU)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openOrDie } from "../libbb/inputs.ts";
import { xatou, xatou32 } from "../libbb/numbers.ts";
import { stdoutTo } from "../libbb/stdout.ts";

/** Numbers that -i may choose from at once. */
const RANGE_MAX = 1 << 26;

/** Random whole numbers below a bound, from the kernel's bytes. */
class Random {
  readonly #p: Process;
  #numbers = new Uint32Array(0);
  #at = 0;

  constructor(p: Process) {
    this.#p = p;
  }

  below(bound: number): number {
    // What would make small numbers likelier is drawn again.
    const limit = 0x1_0000_0000 - (0x1_0000_0000 % bound);
    for (;;) {
      if (this.#at === this.#numbers.length) {
        this.#numbers = new Uint32Array(this.#p.sys.getrandom(16384).slice().buffer);
        this.#at = 0;
      }
      const v = this.#numbers[this.#at++] as number;
      if (v < limit) return v % bound;
    }
  }
}

/** The first `count` of a random order of the items. */
function choose<T extends string | number>(random: Random, items: T[], count: number): T[] {
  const n = Math.min(count, items.length);
  for (let i = 0; i < n; i++) {
    const k = i + random.below(items.length - i);
    const t = items[i] as T;
    items[i] = items[k] as T;
    items[k] = t;
  }
  return items.slice(0, n);
}

function range(text: string): number[] {
  const dash = text.indexOf("-");
  if (dash < 0) return die(`bad range '${text}'`);
  const low = xatou(text.slice(0, dash));
  const high = xatou(text.slice(dash + 1));
  if (high < low) die(`bad range '${text}'`);
  if (high - low >= RANGE_MAX) die("out of memory");
  return Array.from({ length: high - low + 1 }, (_, i) => low + i);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "ei:n:o:z", { exclusive: ["ei"] });
  const delimiter = opt.has("z") ? "\0" : "\n";
  const count =
    opt.get("n") === undefined ? Infinity : Math.min(...opt.all("n").map((n) => xatou32(n)));
  let items: (string | number)[];
  if (opt.has("e")) items = [...opt.operands];
  else if (opt.has("i")) {
    if (opt.operands.length > 0) p.usageError();
    items = range(opt.get("i") as string);
  } else {
    if (opt.operands.length > 1) p.usageError();
    const input = yield* openOrDie(p, opt.operands[0] ?? "-");
    let text = "";
    try {
      text = strOf(yield* readAll(p.sys, input.fd));
    } catch (e) {
      // What cannot be read is empty, without a word.
      if (!(e instanceof Errno)) throw e;
    }
    items =
      text === "" ? [] : (text.endsWith(delimiter) ? text.slice(0, -1) : text).split(delimiter);
  }
  const name = opt.get("o");
  if (name !== undefined) yield* stdoutTo(p, name);
  const chosen = choose(new Random(p), items, count);
  if (chosen.length > 0) {
    const w = p.stdout.puts(chosen.join(delimiter) + delimiter);
    if (w) yield* w;
  }
  return 0;
}

export const shuf: Applet = {
  name: "shuf",
  path: "/usr/bin/shuf",
  usage: `[-n NUM] [-o FILE] [-z] [FILE | -e [ARG...] | -i L-H]

Print lines in random order

	-n NUM	NUM lines at most
	-o FILE	Write to FILE
	-z	Lines end in NUL, not newline
	-e	The ARGs are the lines
	-i L-H	The numbers from L to H are the lines
`,
  main,
};

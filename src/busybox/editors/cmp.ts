// cmp: compare files byte by byte (POSIX cmp; -n and skips as in GNU)
import { EISDIR, Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { compare } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { Exit, type Process } from "../../libc/process.ts";
import { BUFSIZ, type Input } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { xatou } from "../libbb/numbers.ts";

/** Bytes of an input, as much as is at hand. */
class Bytes {
  readonly input: Input;
  chunk: Uint8Array = new Uint8Array();
  at = 0;
  ended = false;

  constructor(input: Input) {
    this.input = input;
  }

  get left(): number {
    return this.chunk.length - this.at;
  }

  *fill(): Steps<void> {
    if (this.left > 0 || this.ended) return;
    let chunk = this.input.read(BUFSIZ);
    if (isSteps(chunk)) chunk = yield* chunk;
    this.chunk = chunk;
    this.at = 0;
    this.ended = chunk.length === 0;
  }

  *skip(count: number): Steps<void> {
    for (let n = count; n > 0 && !this.ended; ) {
      yield* this.fill();
      const step = Math.min(n, this.left);
      this.at += step;
      n -= step;
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "sln:", {
    long: { bytes: "n:", quiet: "s", silent: "s", verbose: "l" },
    exclusive: ["ls"],
    min: 1,
    max: 4,
  });
  const quiet = opt.has("s");
  const list = opt.has("l");
  const [name1 = "", name2 = "-", skip1 = "0", skip2 = "0"] = opt.operands;
  const skips = [xatou(skip1), xatou(skip2)];
  const limit = opt.has("n") ? xatou(opt.get("n") ?? "") : Number.POSITIVE_INFINITY;
  // With -n every difference is told, as the original does.
  const all = list || opt.has("n");
  if (name1 === name2 && skips[0] === skips[1]) return 0;
  const inputs: Bytes[] = [];
  for (const [i, name] of [name1, name2].entries()) {
    try {
      const bytes = new Bytes(yield* openInput(p, name));
      inputs.push(bytes);
      yield* bytes.skip(skips[i] as number);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* trouble(p, name, e, quiet);
    }
  }
  const [a, b] = inputs as [Bytes, Bytes];
  let status = 0;
  let position = 0;
  let line = 1;
  while (position < limit) {
    for (const [bytes, name] of [
      [a, name1],
      [b, name2],
    ] as const) {
      try {
        yield* bytes.fill();
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* trouble(p, name, e, quiet);
      }
    }
    if (a.ended || b.ended) {
      if (a.ended && b.ended) break;
      if (!quiet) yield* p.warnx(`EOF on ${a.ended ? name1 : name2}`);
      status = 1;
      break;
    }
    const n = Math.min(a.left, b.left, limit - position);
    const x = a.chunk.subarray(a.at, a.at + n);
    const y = b.chunk.subarray(b.at, b.at + n);
    if (compare(x, y) === 0) {
      if (!list) line += lines(x, 0, n);
    } else {
      status = 1;
      if (quiet) break;
      let out = "";
      let counted = 0;
      for (let i = 0; i < n; i++) {
        const [c, d] = [x[i] as number, y[i] as number];
        if (c === d) continue;
        if (list) out += `${position + i + 1} ${octal(c)} ${octal(d)}\n`;
        else {
          line += lines(x, counted, i);
          // As in the original a newline in place of something else does not count.
          counted = i + 1;
          out += `${name1} ${name2} differ: char ${position + i + 1}, line ${line}\n`;
          if (!all) break;
        }
      }
      const w = p.stdout.puts(out);
      if (w) yield* w;
      if (!all) break;
      line += lines(x, counted, n);
    }
    position += n;
    a.at += n;
    b.at += n;
  }
  for (const { input } of inputs) closeInput(p, input);
  return status;
}

function octal(c: number): string {
  return c.toString(8).padStart(3);
}

function lines(b: Uint8Array, from: number, to: number): number {
  let n = 0;
  for (let i = b.indexOf(10, from); i >= 0 && i < to; i = b.indexOf(10, i + 1)) n++;
  return n;
}

function* trouble(p: Process, name: string, e: Errno, quiet: boolean): Steps<never> {
  if (quiet) throw new Exit(2);
  if (e === EISDIR) yield* p.warnx(`${name}: I/O error`);
  else yield* p.warn(name, e);
  throw new Exit(2);
}

export const cmp: Applet = {
  name: "cmp",
  path: "/usr/bin/cmp",
  usage: `[-ls] [-n N] FILE1 [FILE2 [SKIP1 [SKIP2]]]

Compare FILE1 with FILE2 (or standard input)

	-l	Print position (decimal) and both values (octal) of every byte that differs
	-s	Print nothing; the status tells
	-n N	Compare no more than N bytes
	SKIP1, SKIP2	Bytes of each file to leave out first
`,
  main,
};

// split: cut a file into pieces (POSIX split)
import { NAME_MAX, O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { indexOfByte } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";
import { open, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";
import { openInput } from "../libbb/inputs.ts";
import { type Suffixes, xatou, xatouRange } from "../libbb/numbers.ts";
import { lastPart } from "../libbb/path.ts";

const KM: Suffixes = [
  ["k", 1024],
  ["m", 1024 * 1024],
];

/** "aa", "ab" … "zz"; undefined after the last. */
function next(suffix: string): string | undefined {
  for (let i = suffix.length - 1; i >= 0; i--) {
    if (suffix[i] !== "z")
      return (
        suffix.slice(0, i) +
        String.fromCharCode(suffix.charCodeAt(i) + 1) +
        "a".repeat(suffix.length - i - 1)
      );
  }
  return undefined;
}

/** Writes to one piece after the other. */
class Pieces {
  readonly #p: Process;
  readonly #prefix: string;
  #suffix: string | undefined;
  #fd = -1;

  constructor(p: Process, prefix: string, length: number) {
    this.#p = p;
    this.#prefix = prefix;
    this.#suffix = "a".repeat(length);
  }

  *write(bytes: Uint8Array): Steps<void> {
    const { sys } = this.#p;
    if (this.#fd < 0) {
      if (this.#suffix === undefined) die("suffixes exhausted");
      const name = this.#prefix + this.#suffix;
      this.#suffix = next(this.#suffix);
      try {
        this.#fd = yield* settle(open(sys, name, O_WRONLY | O_CREAT | O_TRUNC));
      } catch (e) {
        dieErrno(`can't open '${name}'`, e);
      }
    }
    yield* writeAll(sys, this.#fd, bytes);
  }

  /** What is written next begins a new piece. */
  end(): void {
    if (this.#fd >= 0) this.#p.sys.close(this.#fd);
    this.#fd = -1;
  }
}

function* nextChunk(input: Input, name: string): Steps<Uint8Array> {
  try {
    const chunk = input.read(COPY_SIZE);
    return isSteps(chunk) ? yield* chunk : chunk;
  } catch (e) {
    return dieErrno(name, e);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "l:b:a:", { max: 2 });
  const bytes = opt.get("b");
  // With both the pieces are bytes, as many as the last one says. No lines at all are all of them.
  const counts = opt.given.filter(([key]) => key !== "a");
  let count = 1000;
  for (const [key, text = ""] of counts) count = xatou(text, key === "b" ? KM : []);
  if (count === 0 && bytes === undefined) count = Infinity;
  const length = xatouRange(opt.get("a") ?? "2", 0, 0x7fffffff);
  const [name = "-", prefix = "x"] = opt.operands;
  if (lastPart(prefix).length + length > NAME_MAX) die("suffix too long");
  let input: Input;
  try {
    input = yield* openInput(p, name);
  } catch (e) {
    return dieErrno(`can't open '${name}'`, e);
  }
  const pieces = new Pieces(p, prefix, length);
  let left = count;
  for (;;) {
    const chunk = yield* nextChunk(input, name);
    if (chunk.length === 0) return 0;
    let from = 0;
    while (from < chunk.length) {
      let to = from;
      if (bytes !== undefined) {
        to = Math.min(chunk.length, from + left);
        left -= to - from;
      } else {
        while (left > 0 && to < chunk.length) {
          const end = indexOfByte(chunk, 10, to);
          to = end < 0 ? chunk.length : end + 1;
          if (end >= 0) left--;
        }
      }
      yield* pieces.write(chunk.subarray(from, to));
      from = to;
      if (left === 0) {
        pieces.end();
        left = count;
      }
    }
  }
}

export const split: Applet = {
  name: "split",
  path: "/usr/bin/split",
  usage: `[-l N | -b N[k|m]] [-a N] [INPUT [PREFIX]]

Write pieces of INPUT to PREFIXaa (default xaa), PREFIXab and so on

	-b N[k|m]	Pieces of N bytes, * 1024, * 1024^2
	-l N		Pieces of N lines (default 1000)
	-a N		N letters after PREFIX (default 2)
`,
  main,
};

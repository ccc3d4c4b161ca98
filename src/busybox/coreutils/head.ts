// head: the first lines or bytes of files (POSIX head; -c -q -v and negative counts as in GNU)
import { isSteps, type Steps } from "../../abi/program.ts";
import { indexOfByte } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { BUFSIZ, type Input, LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { BKM, xatou } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

function* firstBytes(p: Process, input: Input, count: number): Steps<void> {
  for (let left = count; left > 0; ) {
    let chunk = input.read(Math.min(left, BUFSIZ));
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return;
    left -= chunk.length;
    const w = p.stdout.write(chunk);
    if (w) yield* w;
    dieIfStdoutFailed(p);
  }
}

function* firstLines(p: Process, input: Input, count: number): Steps<void> {
  for (let left = count; left > 0; ) {
    let chunk = input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return;
    let at = 0;
    for (; left > 0; left--) {
      const end = indexOfByte(chunk, 10, at);
      if (end < 0) break;
      at = end + 1;
    }
    if (left === 0) input.unread(chunk.length - at);
    const w = p.stdout.write(left > 0 ? chunk : chunk.subarray(0, at));
    if (w) yield* w;
    dieIfStdoutFailed(p);
  }
}

/** All but the last bytes: what could be among them is held back. */
function* butLastBytes(p: Process, input: Input, count: number): Steps<void> {
  const held: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    let chunk = input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    held.push(chunk);
    size += chunk.length;
    while (size - (held[0] as Uint8Array).length >= count) {
      const first = held.shift() as Uint8Array;
      size -= first.length;
      const w = p.stdout.write(first);
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  }
  for (const chunk of held) {
    if (size <= count) return;
    const w = p.stdout.write(chunk.subarray(0, Math.min(chunk.length, size - count)));
    if (w) yield* w;
    dieIfStdoutFailed(p);
    size -= chunk.length;
  }
}

function* butLastLines(p: Process, input: Input, count: number): Steps<void> {
  const lines = new LineReader(input);
  /** Blocks held back, with the number of lines in each. */
  const held: [block: string, lines: number][] = [];
  let total = 0;
  for (;;) {
    let block = lines.block();
    if (isSteps(block)) block = yield* block;
    if (block === undefined) break;
    const n = block.split("\n").length - (block.endsWith("\n") ? 1 : 0);
    held.push([block, n]);
    total += n;
    while (held.length > 0 && total - (held[0] as [string, number])[1] >= count) {
      const [first, k] = held.shift() as [string, number];
      total -= k;
      const w = p.stdout.puts(first);
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
  }
  for (const [block, n] of held) {
    const wanted = Math.min(n, total - count);
    if (wanted <= 0) return;
    let at = 0;
    for (let i = 0; i < wanted; i++) at = block.indexOf("\n", at) + 1 || block.length;
    const w = p.stdout.puts(block.slice(0, at));
    if (w) yield* w;
    dieIfStdoutFailed(p);
    total -= n;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "n:c:qv", { number: "n" });
  const byBytes = opt.given.findLast(([key]) => key === "n" || key === "c")?.[0] === "c";
  const text = (byBytes ? opt.get("c") : opt.get("n")) ?? "10";
  const butLast = text.startsWith("-");
  const count = xatou(butLast ? text.slice(1) : text, BKM);
  const which = byBytes
    ? butLast
      ? butLastBytes
      : firstBytes
    : butLast
      ? butLastLines
      : firstLines;
  const headers =
    opt.lastOf("qv") === undefined ? opt.operands.length > 1 : opt.lastOf("qv") === "v";
  if (!headers) return yield* forEachInput(p, opt.operands, (input) => which(p, input, count));
  let first = true;
  return yield* forEachInput(p, opt.operands, function* (input) {
    const w = p.stdout.puts(`${first ? "" : "\n"}==> ${input.name} <==\n`);
    if (w) yield* w;
    dieIfStdoutFailed(p);
    first = false;
    yield* which(p, input, count);
  });
}

export const head: Applet = {
  name: "head",
  path: "/usr/bin/head",
  usage: `[OPTIONS] [FILE]...

Print the first 10 lines of FILEs, each after a line with its name if there are several

	-n N[bkm]	First N lines
	-n -N[bkm]	All but the last N lines
	-c [-]N[bkm]	The same in bytes
	-q		Never print names
	-v		Always print names

N may end in b (*512), k (*1024) or m (*1024^2)
`,
  main,
};

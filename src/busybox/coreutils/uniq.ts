// uniq: leave out repeated lines (POSIX uniq; -i -w -z as in GNU)
import { EIO, Errno } from "../../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { type Input, LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { openInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { stdoutTo } from "../libbb/stdout.ts";

const MOST = 0x7fffffff;

/** The part of a line that is compared. */
function keyOf(
  fields: number,
  skip: number,
  width: number,
  fold: boolean,
): (line: string) => string {
  return (line) => {
    let at = 0;
    for (let n = fields; n > 0 && at < line.length; n--) {
      while (isBlank(line, at)) at++;
      while (at < line.length && !isBlank(line, at)) at++;
    }
    at += skip;
    const key = width < MOST ? line.slice(at, at + width) : line.slice(at);
    return fold ? key.replace(/[A-Z]+/g, (s) => s.toLowerCase()) : key;
  };
}

function isBlank(s: string, at: number): boolean {
  const c = s.charCodeAt(at);
  return c === 32 || (c >= 9 && c <= 13);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cduf:s:w:iz");
  const number = (key: string, most: number): number =>
    xatouRange(opt.get(key) ?? String(most), 0, MOST);
  const fields = number("f", 0);
  const skip = number("s", 0);
  const width = number("w", MOST);
  const plain = fields === 0 && skip === 0 && width === MOST && !opt.has("i");
  const key = plain ? undefined : keyOf(fields, skip, width, opt.has("i"));
  const [from = "-", to = "-"] = opt.operands;
  let input: Input;
  try {
    input = yield* openInput(p, from);
  } catch (e) {
    return dieErrno(`can't open '${from}'`, e);
  }
  if (opt.operands.length > 2) p.usageError();
  if (to !== "-") yield* stdoutTo(p, to);

  const delimiter = opt.has("z") ? "\0" : "\n";
  const counts = opt.has("c");
  const [least, most] = [opt.has("d") ? 2 : 1, opt.has("u") ? 1 : Infinity];
  let line: string | undefined;
  let lineKey = "";
  let count = 0;
  const show = (): string =>
    count < least || count > most
      ? ""
      : `${counts ? `${String(count).padStart(7)} ` : ""}${line}${delimiter}`;
  const reader = new LineReader(input, opt.has("z") ? "\0" : "\n");
  for (;;) {
    let block: Blocking<string | undefined>;
    try {
      block = reader.block();
      if (isSteps(block)) block = yield* block;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return dieErrno(from, EIO);
    }
    if (block === undefined) break;
    // A NUL ends a line as a newline does, with and without -z.
    if (block.includes("\0")) block = block.replaceAll("\0", "\n");
    let out = "";
    for (let at = 0; at < block.length; ) {
      let end = block.indexOf("\n", at);
      if (end < 0) end = block.length;
      const next = block.slice(at, end);
      const nextKey = key === undefined ? next : key(next);
      if (line !== undefined && nextKey === lineKey) count++;
      else {
        if (line !== undefined) out += show();
        line = next;
        lineKey = nextKey;
        count = 1;
      }
      at = end + 1;
    }
    const w = p.stdout.puts(out);
    if (w) yield* w;
  }
  if (line !== undefined) {
    const w = p.stdout.puts(show());
    if (w) yield* w;
  }
  return 0;
}

export const uniq: Applet = {
  name: "uniq",
  path: "/usr/bin/uniq",
  usage: `[-cduiz] [-f,s,w N] [FILE [OUTFILE]]

Print one line of each run of equal ones

	-c	How many there were first
	-d	Only lines that were repeated
	-u	Only lines that were not
	-i	Upper and lower case are the same
	-z	Lines end in NUL, not newline
	-f N	Leave N fields out of the comparison
	-s N	Leave N characters out, after the fields
	-w N	Compare N characters
`,
  main,
};

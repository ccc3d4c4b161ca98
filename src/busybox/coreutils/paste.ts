// paste: lines of files side by side (POSIX paste)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { BUFSIZ, LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { openOrDie } from "../libbb/inputs.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

/** The separators of -d in turn: "\0" written as such means none. */
function separators(list: string): string[] {
  if (list === "") die("-d '' is not supported");
  const named: Readonly<Record<string, string>> = { n: "\n", t: "\t", "0": "", "\\": "\\" };
  const out: string[] = [];
  for (let i = 0; i < list.length; i++) {
    const name = list[i] === "\\" ? list[i + 1] : undefined;
    const meant = name === undefined ? undefined : named[name];
    if (meant !== undefined) i++;
    out.push(meant ?? list.charAt(i));
  }
  return out;
}

/** What cannot be read has ended, without a word. */
function* nextBlock(reader: LineReader): Steps<string | undefined> {
  try {
    const block = reader.block();
    return isSteps(block) ? yield* block : block;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

/** Lines of one input, read a block at a time. */
class Lines {
  readonly #reader: LineReader;
  #lines: string[] = [];
  #at = 0;
  ended = false;

  constructor(reader: LineReader) {
    this.#reader = reader;
  }

  /** The next line without its newline where there is one at hand. */
  take(): string | undefined {
    return this.#at < this.#lines.length ? this.#lines[this.#at++] : undefined;
  }

  /** Gets more when {@link take} had none. */
  *fill(): Steps<void> {
    const block = yield* nextBlock(this.#reader);
    if (block === undefined) {
      this.ended = true;
      return;
    }
    this.#lines = (block.endsWith("\n") ? block.slice(0, -1) : block).split("\n");
    this.#at = 0;
  }
}

function* parallel(
  p: Process,
  readers: readonly LineReader[],
  between: readonly string[],
): Steps<void> {
  // The same reader twice is standard input, whose lines its columns share.
  const known = new Map(readers.map((r) => [r, new Lines(r)]));
  const columns = readers.map((r) => known.get(r) as Lines);
  const last = columns.length - 1;
  let out = "";
  for (;;) {
    let some = false;
    let separator = 0;
    for (let i = 0; i <= last; i++) {
      const column = columns[i] as Lines;
      let line = column.take();
      if (line === undefined) {
        if (!column.ended) yield* column.fill();
        line = column.take();
        // An input that has ended leaves its separator, or the newline, away.
        if (line === undefined) continue;
      }
      some = true;
      out += line + (i === last ? "\n" : (between[separator++ % between.length] as string));
    }
    if (!some) break;
    if (out.length > BUFSIZ) {
      const w = p.stdout.puts(out);
      if (w) yield* w;
      dieIfStdoutFailed(p);
      out = "";
    }
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
}

function* serial(p: Process, reader: LineReader, between: readonly string[]): Steps<void> {
  let n = 0;
  let first = true;
  for (;;) {
    const block = yield* nextBlock(reader);
    if (block === undefined) break;
    const text = block.endsWith("\n") ? block.slice(0, -1) : block;
    let out = first ? "" : (between[n++ % between.length] as string);
    first = false;
    if (between.length === 1) out += text.replaceAll("\n", () => between[0] as string);
    else out += text.replace(/\n/g, () => between[n++ % between.length] as string);
    const w = p.stdout.puts(out);
    if (w) yield* w;
  }
  if (!first) {
    const w = p.stdout.puts("\n");
    if (w) yield* w;
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "d:s");
  const between = separators(opt.get("d") ?? "\t");
  const stdin = new LineReader(p.stdin);
  const readers: LineReader[] = [];
  for (const name of opt.operands.length > 0 ? opt.operands : ["-"])
    readers.push(name === "-" ? stdin : new LineReader(yield* openOrDie(p, name)));
  if (opt.has("s")) for (const reader of readers) yield* serial(p, reader, between);
  else yield* parallel(p, readers, between);
  return 0;
}

export const paste: Applet = {
  name: "paste",
  path: "/usr/bin/paste",
  usage: `[-d LIST] [-s] [FILE]...

Print the lines of FILEs side by side, with tabs between

	-d LIST	The characters of LIST in turn instead of tabs
	-s	Each FILE's lines on one line
`,
  main,
};

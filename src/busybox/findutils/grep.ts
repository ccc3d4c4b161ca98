// grep, egrep, fgrep: lines that match patterns (POSIX grep; -A -B -C -H -h -L -m -o -r -R -w as in GNU).
// A NUL ends a line as a newline does.
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { isUtf8 } from "../../libc/locale.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { S_ISDIR, S_ISLNK } from "../../libc/stat.ts";
import { type Input, LineReader } from "../../libc/stdio.ts";
import { readAll, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { xatou } from "../libbb/numbers.ts";
import { walkTree } from "../libbb/recursive.ts";
import { LineMatcher } from "./grep-lines.ts";

function count(text: string): number {
  const n = xatou(text);
  return n <= 0x7fffffff ? n : die(`invalid number '${text}'`);
}

/** Newlines in s[from..to). */
function newlines(s: string, from: number, to: number): number {
  let n = 0;
  for (let at = s.indexOf("\n", from); at >= 0 && at < to; at = s.indexOf("\n", at + 1)) n++;
  return n;
}

class Grep {
  readonly #p: Process;
  readonly #lines: LineMatcher;
  readonly #invert: boolean;
  readonly #numbers: boolean;
  readonly #only: boolean;
  readonly #counts: boolean;
  readonly #names: boolean;
  readonly #missing: boolean;
  readonly #quiet: boolean;
  readonly #silent: boolean;
  readonly #max: number;
  readonly #before: number;
  readonly #after: number;
  /** Is the name printed before each line? */
  prefix: boolean;
  /** A separator is due before the next group of lines. */
  #separate = false;
  /** -q has seen a line. */
  done = false;

  constructor(p: Process, opt: Options, lines: LineMatcher) {
    this.#p = p;
    this.#lines = lines;
    this.#invert = opt.has("v");
    this.#numbers = opt.has("n");
    this.#only = opt.has("o");
    this.#counts = opt.has("c");
    this.#names = opt.has("l");
    this.#missing = opt.has("L");
    this.#quiet = opt.has("q");
    this.#silent = opt.has("s");
    this.#max = count(opt.get("m") ?? "2147483647");
    let [before, after] = [0, 0];
    for (const [key, value] of opt.given) {
      if (!"ABC".includes(key)) continue;
      const n = count(value ?? "");
      if (key !== "A") before = n;
      if (key !== "B") after = n;
    }
    const plain = this.#counts || this.#names || this.#missing || this.#quiet;
    this.#before = plain ? 0 : before;
    this.#after = plain ? 0 : after;
    this.prefix = opt.has("H");
  }

  /** Reports that a file cannot be read, unless it is not to be. */
  *fails(name: string, e: unknown): Steps<void> {
    if (!(e instanceof Errno)) throw e;
    if (!this.#silent) yield* this.#p.warn(name, e);
  }

  /** The next block of lines; what cannot be read counts as empty. */
  *#block(lines: LineReader): Steps<string | undefined> {
    try {
      let block = lines.block();
      if (isSteps(block)) block = yield* block;
      return block?.includes("\0") ? block.replaceAll("\0", "\n") : block;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return undefined;
    }
  }

  /** Searches one input: were there lines to select? */
  *file(input: Input, label: string): Steps<boolean> {
    const selected = yield* this.#search(new LineReader(input), label);
    const { stdout } = this.#p;
    if (this.done) return true;
    if (selected > 0 && (this.#names || this.#missing)) {
      const w = this.#names ? stdout.puts(`${label}\n`) : undefined;
      if (w) yield* w;
      return this.#names;
    }
    if (this.#counts) {
      const n = Math.min(selected, this.#max);
      const w = stdout.puts(this.prefix ? `${label}:${n}\n` : `${n}\n`);
      if (w) yield* w;
    }
    if (this.#missing) {
      const w = stdout.puts(`${label}\n`);
      if (w) yield* w;
      return true;
    }
    return selected > 0;
  }

  /** How many lines were selected; printed, if they are to be. */
  *#search(lines: LineReader, label: string): Steps<number> {
    const first = this.#quiet || this.#names || this.#missing;
    const context = this.#before > 0 || this.#after > 0;
    const general =
      context || this.prefix || this.#numbers || this.#only || this.#max !== 0x7fffffff;
    if (!first && general && !this.#counts) return yield* this.#print(lines, label);
    let selected = 0;
    for (;;) {
      const block = yield* this.#block(lines);
      if (block === undefined) return selected;
      this.#lines.start(block);
      if (this.#counts && !first) selected += this.#count(block);
      else if (first) {
        const at = this.#lines.next(0);
        if (this.#invert ? this.#gap(block, at) : at >= 0) {
          this.done = this.#quiet;
          if (!this.#invert) lines.unread(Math.max(0, block.length - this.#lines.end - 1));
          return 1;
        }
      } else {
        const out = this.#invert ? this.#others(block) : this.#matching(block);
        if (out !== "") {
          selected++;
          const w = this.#p.stdout.puts(out);
          if (w) yield* w;
        }
      }
      if (this.#max <= selected) return this.#max === 0 ? 1 : selected;
    }
  }

  /** Is there a line that does not match, the first match being at `at`? */
  #gap(block: string, at: number): boolean {
    let from = 0;
    for (let hit = at; hit === from; hit = this.#lines.next(from)) {
      from = this.#lines.end + 1;
      if (from >= block.length) return false;
    }
    return true;
  }

  #count(block: string): number {
    let n = 0;
    for (let at = this.#lines.next(0); at >= 0; at = this.#lines.next(this.#lines.end + 1)) n++;
    if (!this.#invert) return n;
    return newlines(block, 0, block.length) + (block.endsWith("\n") ? 0 : 1) - n;
  }

  #matching(block: string): string {
    let out = "";
    for (let at = this.#lines.next(0); at >= 0; ) {
      const from = at;
      let end = this.#lines.end + 1;
      // Lines in a row are taken together.
      for (at = this.#lines.next(end); at === end && at >= 0; at = this.#lines.next(end))
        end = this.#lines.end + 1;
      out += block.slice(from, end);
    }
    return out === "" || out.endsWith("\n") ? out : `${out}\n`;
  }

  #others(block: string): string {
    let out = "";
    let from = 0;
    for (let at = this.#lines.next(0); at >= 0; at = this.#lines.next(from)) {
      if (at > from) out += block.slice(from, at);
      from = this.#lines.end + 1;
    }
    if (from < block.length) out += from === 0 ? block : block.slice(from);
    return out === "" || out.endsWith("\n") ? out : `${out}\n`;
  }

  /** Prints line by line: with names, numbers, context, parts of lines or not more than so many. */
  *#print(lines: LineReader, label: string): Steps<number> {
    const matcher = this.#lines;
    const name = this.prefix ? label : "";
    const head = (sep: string, number: number): string =>
      (this.prefix ? name + sep : "") + (this.#numbers ? number + sep : "");
    const context = this.#before > 0 || this.#after > 0;
    const jump = !this.#invert && !context;
    /** Lines not printed that may yet be context, and the number of the line after the last one printed. */
    let held: string[] = [];
    let printedTo = 0;
    let number = 1;
    let selected = 0;
    let trailing = 0;
    for (;;) {
      const block = yield* this.#block(lines);
      if (block === undefined) return selected;
      matcher.start(block);
      let out = "";
      let hit = matcher.next(0);
      for (let at = 0; at < block.length; ) {
        if (--this.#p.sys.budget < 0) yield* this.#p.sys.sched_yield();
        if (jump) {
          const to = hit < 0 ? block.length : hit;
          if (this.#numbers) number += newlines(block, at, to);
          if (hit < 0) break;
          at = hit;
        }
        let end: number;
        const full = selected >= this.#max && this.#max > 0;
        const match = at === hit;
        if (match) {
          end = matcher.end;
          hit = matcher.next(end + 1);
        } else {
          end = block.indexOf("\n", at);
          if (end < 0) end = block.length;
        }
        if (!full && match !== this.#invert) {
          selected++;
          if (this.#max === 0) return 1;
          if (context) {
            if (printedTo > 0 ? number - held.length > printedTo : this.#separate) out += "--\n";
            this.#separate = true;
            for (const [i, text] of held.entries())
              out += `${head("-", number - held.length + i)}${text}\n`;
            held = [];
            printedTo = number + 1;
            trailing = this.#after;
          }
          const line = block.slice(at, end);
          if (this.#only) {
            if (!this.#invert)
              for (const part of matcher.parts(line)) out += `${head(":", number)}${part}\n`;
          } else out += `${head(":", number)}${line}\n`;
        } else if (trailing > 0) {
          trailing--;
          out += `${head("-", number)}${block.slice(at, end)}\n`;
          printedTo = number + 1;
        } else if (this.#before > 0) {
          if (held.length >= this.#before) held.shift();
          held.push(block.slice(at, end));
        }
        number++;
        at = end + 1;
        if (out.length > 65536) {
          const w = this.#p.stdout.puts(out);
          if (w) yield* w;
          out = "";
        }
        if (this.#max === 0 || (selected >= this.#max && trailing === 0)) {
          lines.unread(Math.max(0, block.length - at));
          const w = this.#p.stdout.puts(out);
          if (w) yield* w;
          return selected;
        }
      }
      const w = this.#p.stdout.puts(out);
      if (w) yield* w;
    }
  }
}

/** Patterns of -e and -f, or of the first operand: one a line. */
function* patterns(p: Process, opt: Options): Steps<string[]> {
  const texts = opt.all("e").flatMap((text) => text.split("\n"));
  for (const name of opt.all("f")) {
    try {
      const input = yield* openInput(p, name);
      const text = strOf(yield* readAll(p.sys, input.fd));
      closeInput(p, input);
      if (text !== "") texts.push(...text.replace(/\n$/, "").split("\n"));
    } catch (e) {
      dieErrno(name, e);
    }
  }
  if (!opt.has("e") && !opt.has("f")) {
    const operand = opt.operands.shift();
    if (operand === undefined) p.usageError();
    texts.push(...operand.split("\n"));
  }
  return texts;
}

function* main(p: Process): Steps<number> {
  p.errorStatus = 2;
  const opt = getopt(p, "lnqvscFiHhe:f:LorRm:wxA:B:C:EaI", { long: { color: "color::" } });
  const texts = yield* patterns(p, opt);
  const lines = new LineMatcher(texts, {
    fixed: opt.has("F") || p.progname === "fgrep",
    extended: opt.has("E") || p.progname === "egrep",
    icase: opt.has("i"),
    word: opt.has("w"),
    whole: opt.has("x"),
    utf8: isUtf8(p.env),
  });
  const grep = new Grep(p, opt, lines);
  const recursive = opt.has("r") || opt.has("R");
  if (opt.operands.length > 1 && !opt.has("h")) grep.prefix = true;
  const result: Result = { found: false, failed: false };

  for (const name of opt.operands.length === 0 ? ["-"] : opt.operands) {
    const st = recursive && name !== "-" ? tryStat(p.sys, name) : undefined;
    if (st !== undefined && S_ISDIR(st.mode)) {
      if (!opt.has("h")) grep.prefix = true;
      yield* walkTree(p, name, {
        follow: opt.has("R") ? "always" : "operands",
        *file(path, st) {
          // Links to directories are not followed, nor opened.
          const target = S_ISLNK(st.mode) ? tryStat(p.sys, path) : undefined;
          if (!grep.done && !(target !== undefined && S_ISDIR(target.mode))) yield* one(p, grep, path, result);
          return true;
        },
      });
    } else if (!(yield* one(p, grep, name, result))) result.failed = true;
    if (grep.done) return 0;
  }
  if (result.failed) return 2;
  return result.found ? 0 : 1;
}

interface Result {
  found: boolean;
  failed: boolean;
}

function* one(p: Process, grep: Grep, name: string, result: Result): Steps<boolean> {
  let input: Input;
  try {
    input = yield* openInput(p, name);
  } catch (e) {
    yield* grep.fails(name, e);
    return false;
  }
  try {
    const label = input === p.stdin ? "(standard input)" : name;
    if (yield* grep.file(input, label)) result.found = true;
    return true;
  } finally {
    closeInput(p, input);
  }
}

const OPTIONS = `	-e PATTERN	A pattern; may be repeated
	-f FILE		Patterns from FILE, one a line
	-F		Patterns are plain text
	-E		Patterns are extended regular expressions
	-i		Case does not count
	-w		Only whole words
	-x		Only whole lines
	-v		Lines that do not match
	-H		Print the file's name before each line
	-h		Never print names
	-n		Print line numbers
	-o		Print only the parts that match
	-c		Print only how many lines there are
	-l		Print only names of files that have such lines
	-L		Print only names of files that have none
	-q		Print nothing; status 0 tells that there is such a line
	-s		Say nothing of files that cannot be read
	-r		Search directories
	-R		As -r, following symbolic links
	-m N		No more than N lines of each file
	-A N		N lines after each, too
	-B N		N lines before each, too
	-C N		The same as -A N -B N
`;

export const grep: Applet = {
  name: "grep",
  path: "/bin/grep",
  usage: `[-HhnlLoqvsrRiwFE] [-m N] [-A|B|C N] { PATTERN | -e PATTERN... | -f FILE... } [FILE]...

Print lines of FILEs that match PATTERN

${OPTIONS}`,
  main,
};

export const egrep: Applet = {
  name: "egrep",
  path: "/bin/egrep",
  usage: `[OPTIONS] PATTERN [FILE]...

The same as grep -E
`,
  main,
};

export const fgrep: Applet = {
  name: "fgrep",
  path: "/bin/fgrep",
  usage: `[OPTIONS] PATTERN [FILE]...

The same as grep -F
`,
  main,
};

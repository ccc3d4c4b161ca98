// sed: edits text by a script (POSIX sed; -i -n -E -r and some of GNU's forms, as in BusyBox).
import { Errno } from "../../abi/errno.ts";
import { O_CREAT, O_EXCL, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { isUtf8 } from "../../libc/locale.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import type { Regex } from "../../libc/regex/regex.ts";
import { type Input, LineReader, Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readAll, readText, rename, tryStat, unlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { type Address, type Command, ScriptReader, type Substitution } from "./sed-script.ts";
import { compileSubstitute, type Substitute } from "./sed-substitute.ts";

/** What a command says instead of the next one to run. */
const DELETE = -2;
const RESTART = -3;
const QUIT = -4;
const NEXT = -5;
const APPEND_NEXT = -6;

/** Longest pattern or hold space. */
const SPACE_MAX = 0x1000_0000;

/** Runs one command; the index of the next one, or one of the above. */
type Step = (m: Sed) => number;

/** Text for one file, with the newline owed after a line that had none. */
class Sink {
  text = "";
  #owes = false;
  output: Output;

  constructor(output: Output) {
    this.output = output;
  }

  /** Adds a line that ends in `end`, "" for a last line without newline. */
  line(text: string, end: string): void {
    if (this.#owes) this.text += "\n";
    this.text += text + end;
    this.#owes = end === "";
  }

  /** What comes next begins a line. */
  owe(): void {
    this.#owes = true;
  }

  reset(output: Output): void {
    this.output = output;
    this.#owes = false;
  }
}

class Sed {
  readonly #p: Process;
  readonly #steps: Step[];
  readonly #utf8: boolean;
  readonly #quiet: boolean;
  readonly #looksAhead: boolean;
  readonly #out: Sink;
  /** What w /dev/stdout writes to. */
  readonly #stdout: Sink;
  readonly #files = new Map<string, Sink>();
  readonly #names: string[];
  #reader: LineReader | undefined;
  #block = "";
  #at = 0;
  #line = 0;
  /** What ended the line read last: newline, NUL or nothing. */
  #end = "\n";
  #space = "";
  #hold = "";
  #substituted = false;
  /** The file before ended in NUL: a newline separates it from what follows. */
  #joins = false;
  /** The range looked at last goes on after this line. */
  #within = false;
  /** The regex used last. */
  #last: Regex | undefined;
  /** Make ranges forget, for the next file of -i. */
  readonly #resets: (() => void)[] = [];
  /** Texts and files to print at the end of the cycle. */
  #queue: { text?: string; file?: string }[] = [];
  status = 0;

  constructor(
    p: Process,
    commands: readonly Command[],
    names: readonly string[],
    quiet: boolean,
    utf8: boolean,
    inPlace = false,
  ) {
    this.#p = p;
    this.#quiet = quiet;
    this.#utf8 = utf8;
    this.#names = [...names];
    this.#out = new Sink(p.stdout);
    this.#stdout = inPlace ? new Sink(p.stdout) : this.#out;
    this.#looksAhead = commands.some((c) => c.from?.type === "last" || c.to?.type === "last");
    this.#steps = this.#compile(commands);
  }

  // ---- compiling ---------------------------------------------------------------------------------

  #compile(commands: readonly Command[]): Step[] {
    const labels = new Map<string, number>();
    for (const [i, c] of commands.entries())
      if (c.name === ":" && !labels.has(c.text)) labels.set(c.text, i + 1);
    return commands.map((c, i) => {
      const run = this.#action(c, i, labels, commands.length);
      const selects = this.#selector(c);
      // A block that is not closed is noticed when it is to be passed.
      const past = c.name !== "{" ? i + 1 : c.close >= 0 ? c.close + 1 : -1;
      if (selects === undefined) return c.negated ? () => past : run;
      if (c.name === "{" && past < 0) {
        return (m) => (selects(m) !== c.negated ? i + 1 : die("unterminated {"));
      }
      return c.negated ? (m) => (selects(m) ? past : run(m)) : (m) => (selects(m) ? run(m) : past);
    });
  }

  #matches(regex: Regex | undefined): (m: Sed) => boolean {
    if (regex === undefined) {
      return (m) => (m.#last ?? die("no previous regexp")).test(m.#space);
    }
    return (m) => {
      m.#last = regex;
      return regex.test(m.#space);
    };
  }

  #one(a: Address): (m: Sed) => boolean {
    switch (a.type) {
      case "line": {
        const { line } = a;
        return (m) => m.#line === line;
      }
      case "last":
        return (m) => m.#isLast();
      case "regex":
        return this.#matches(a.regex);
      case "plus":
        return () => false;
    }
  }

  /** Does the command's address select the line? undefined when it has none. */
  #selector(c: Command): ((m: Sed) => boolean) | undefined {
    if (c.from === undefined) return undefined;
    const from = this.#one(c.from);
    const to = c.to;
    if (to === undefined) return from;
    const first = c.from.type === "line" ? c.from.line : undefined;
    const ends = to.type === "regex" ? this.#matches(to.regex) : undefined;
    let active = false;
    /** A range that begins at a line is met once, even if that line was passed over. */
    let met = false;
    let limit = to.type === "line" ? to.line : Infinity;
    this.#resets.push(() => {
      active = false;
      met = false;
    });
    const selects = (m: Sed): boolean => {
      if (!active) {
        if (first === undefined ? !from(m) : met || first === 0 || m.#line < first) return false;
        met = true;
        if (to.type === "plus") limit = m.#line + to.count;
        // A range of which the end is past is this line alone.
        if (to.type === "last") active = !m.#isLast();
        else active = limit > m.#line;
        if (to.type === "regex" && to.regex !== undefined) m.#last = to.regex;
        return true;
      }
      if (to.type === "last") active = !m.#isLast();
      else if (ends !== undefined) active = !ends(m);
      else active = m.#line < limit;
      return true;
    };
    return (m) => {
      const selected = selects(m);
      m.#within = active;
      return selected;
    };
  }

  #sink(name: string): Sink {
    if (name === "/dev/stdout") return this.#stdout;
    let sink = this.#files.get(name);
    if (sink === undefined) {
      sink = new Sink(this.#p.stderr);
      this.#files.set(name, sink);
    }
    return sink;
  }

  #substitute(s: Substitution): (m: Sed) => boolean {
    const compiled = new Map<Regex, Substitute>();
    const fixed = s.regex;
    const highest = Math.max(0, ...s.parts.filter((part) => typeof part === "number"));
    if (fixed !== undefined && highest > fixed.nsub && highest > 9) die("invalid reference");
    const own = fixed && compileSubstitute(fixed, s.pattern, s.parts, s.which, this.#utf8);
    return (m) => {
      let by = own;
      if (by === undefined) {
        const regex = m.#last ?? die("no previous regexp");
        // What the source was is not known: take the careful way.
        by = compiled.get(regex) ?? compileSubstitute(regex, "\\b", s.parts, s.which, m.#utf8);
        compiled.set(regex, by);
      } else m.#last = fixed;
      const text = by(m.#space);
      if (text === undefined) return false;
      m.#space = text;
      m.#substituted = true;
      return true;
    };
  }

  #action(c: Command, i: number, labels: Map<string, number>, count: number): Step {
    const next = i + 1;
    const out = this.#out;
    const target = (): number => {
      if (c.text === "") return count;
      return labels.get(c.text) ?? die(`can't find label for jump to '${c.text}'`);
    };
    switch (c.name) {
      case "=":
        return (m) => {
          out.line(String(m.#line), "\n");
          return next;
        };
      case "a":
        return (m) => {
          m.#queue.push({ text: c.text });
          return next;
        };
      case "r":
        return (m) => {
          m.#queue.push({ file: c.text });
          return next;
        };
      case "i":
        return () => {
          out.line(c.text, "\n");
          return next;
        };
      case "c": {
        // A range is replaced as a whole, at its end.
        const whole = c.to !== undefined && !c.negated;
        return (m) => {
          if (!whole || !m.#within) out.line(c.text, "\n");
          return DELETE;
        };
      }
      case "d":
        return () => DELETE;
      case "D":
        return (m) => {
          const end = m.#space.indexOf("\n");
          if (end < 0) return DELETE;
          m.#space = m.#space.slice(end + 1);
          return RESTART;
        };
      case "g":
        return (m) => {
          m.#space = m.#hold;
          return next;
        };
      case "G":
        return (m) => {
          m.#space = m.#joined(m.#space, m.#hold);
          // As the original has it, G and x give a last line its newline.
          m.#end = "\n";
          return next;
        };
      case "h":
        return (m) => {
          m.#hold = m.#space;
          return next;
        };
      case "H":
        return (m) => {
          m.#hold = m.#joined(m.#hold, m.#space);
          return next;
        };
      case "n":
        return () => NEXT;
      case "N":
        return () => APPEND_NEXT;
      case "p":
        return (m) => {
          out.line(m.#space, "\n");
          return next;
        };
      case "P":
        return (m) => {
          const end = m.#space.indexOf("\n");
          out.line(end < 0 ? m.#space : m.#space.slice(0, end), "\n");
          return next;
        };
      case "q":
        return () => QUIT;
      case "x":
        return (m) => {
          const text = m.#hold;
          m.#hold = m.#space;
          m.#space = text;
          m.#end = "\n";
          return next;
        };
      case "b": {
        const to = target();
        return () => to;
      }
      case "t":
      case "T": {
        const to = target();
        const when = c.name === "t";
        return (m) => {
          const jump = m.#substituted === when;
          m.#substituted = false;
          return jump ? to : next;
        };
      }
      case "w": {
        const sink = this.#sink(c.text);
        return (m) => {
          sink.line(m.#space, m.#end);
          return next;
        };
      }
      case "y": {
        const map = c.map ?? new Map<string, string>();
        if (map.size === 0) return () => next;
        const escaped = [...map.keys()].map((k) => `\\x${hex2(k)}`).join("");
        const re = new RegExp(`[${escaped}]`, "g");
        return (m) => {
          m.#space = m.#space.replace(re, (k) => map.get(k) as string);
          return next;
        };
      }
      case "s": {
        const s = c.substitution as Substitution;
        const substitute = this.#substitute(s);
        const sink = s.file === undefined ? undefined : this.#sink(s.file);
        const print = s.print;
        return (m) => {
          if (substitute(m)) {
            if (print) out.line(m.#space, m.#end);
            if (sink !== undefined) sink.line(m.#space, m.#end);
          }
          return next;
        };
      }
      default:
        // { } : and l, which does nothing.
        return () => next;
    }
  }

  #joined(a: string, b: string): string {
    if (a.length + b.length > SPACE_MAX) die("out of memory");
    return `${a}\n${b}`;
  }

  // ---- input -------------------------------------------------------------------------------------

  /** Is the line read last the last one? (What follows has been looked for.) */
  #isLast(): boolean {
    return this.#at >= this.#block.length;
  }

  /** Takes the next block of text, of the next file if need be; false at the end of all. */
  *#fill(): Steps<boolean> {
    for (;;) {
      if (this.#reader === undefined) {
        const name = this.#names.shift();
        if (name === undefined) return false;
        try {
          this.#reader = this.#readerOf(yield* openInput(this.#p, name));
        } catch (e) {
          yield* this.#p.warn(name, e);
          this.status = 1;
          continue;
        }
      }
      try {
        let block = this.#reader.block();
        if (isSteps(block)) block = yield* block;
        if (block !== undefined) {
          this.#block = block;
          this.#at = 0;
          return true;
        }
      } catch (e) {
        // As the original: what cannot be read is empty.
        if (!(e instanceof Errno)) throw e;
      }
      closeInput(this.#p, this.#reader.input);
      this.#reader = undefined;
      this.#joins = this.#end === "\0";
    }
  }

  /** A reader that gives back, at q, all but the line after the last one: the original looks ahead. */
  #readerOf(input: Input): LineReader {
    const reader = new LineReader(input);
    input.setReader(() => {
      if (this.#reader !== reader) return 0;
      const ahead = this.#block.indexOf("\n", this.#at) + 1 || this.#block.length;
      return reader.unused + this.#block.length - ahead;
    });
    return reader;
  }

  /** Is there another line? */
  *#more(): Steps<boolean> {
    return this.#at < this.#block.length || (yield* this.#fill());
  }

  /** Takes the next line, of which there must be one. */
  #take(): string {
    if (this.#joins) this.#out.owe();
    this.#joins = false;
    const block = this.#block;
    const at = this.#at;
    let end = block.indexOf("\n", at);
    if (end < 0) end = block.length;
    this.#end = end < block.length ? "\n" : "";
    if (block.includes("\0")) {
      const nul = block.indexOf("\0", at);
      if (nul >= 0 && nul < end) {
        end = nul;
        this.#end = "\0";
      }
    }
    this.#at = end + 1;
    this.#line++;
    return block.slice(at, end);
  }

  // ---- running -----------------------------------------------------------------------------------

  *#flush(): Steps<void> {
    for (const sink of [this.#out, this.#stdout, ...this.#files.values()]) {
      if (sink.text === "") continue;
      const w = sink.output.puts(sink.text);
      sink.text = "";
      if (w) yield* w;
    }
  }

  *#printQueue(): Steps<void> {
    const queue = this.#queue;
    this.#queue = [];
    for (const { text, file } of queue) {
      if (text !== undefined) this.#out.line(text, "\n");
      else if (file !== undefined) {
        yield* this.#flush();
        let contents = yield* readText(this.#p.sys, file);
        if (contents === undefined || contents === "") continue;
        if (contents.endsWith("\n")) contents = contents.slice(0, -1);
        this.#out.line(contents, "\n");
      }
    }
  }

  /** Opens the files of `w`. */
  *open(): Steps<void> {
    for (const [name, sink] of this.#files) {
      if (name === "/dev/stderr") continue;
      try {
        let fd = open(this.#p.sys, name, O_WRONLY | O_CREAT | O_TRUNC);
        if (isSteps(fd)) fd = yield* fd;
        sink.output = new Output(this.#p.sys, fd);
      } catch (e) {
        dieErrno(name, e);
      }
    }
  }

  /** Writes out what is buffered for the files of `w`. */
  *close(): Steps<void> {
    yield* this.#flush();
    for (const sink of this.#files.values()) {
      const f = sink.output.flush();
      if (f) yield* f;
    }
  }

  /** Edits one file, its lines counted from 1, into `output`; true when the script said to quit. */
  *edit(name: string, output: Output): Steps<boolean> {
    this.#names.splice(0, this.#names.length, name);
    this.#line = 0;
    for (const reset of this.#resets) reset();
    this.#out.reset(output);
    return yield* this.run();
  }

  /** Runs the script over all lines; true when it said to quit. */
  *run(): Steps<boolean> {
    const { sys } = this.#p;
    const steps = this.#steps;
    const count = steps.length;
    const out = this.#out;
    try {
      for (;;) {
        if (this.#at >= this.#block.length && !(yield* this.#more())) return false;
        this.#space = this.#take();
        this.#substituted = false;
        let code = RESTART;
        while (code === RESTART) {
          if (this.#looksAhead && this.#at >= this.#block.length) yield* this.#more();
          code = 0;
          for (let pc = 0; pc < count; ) {
            code = (steps[pc] as Step)(this);
            if (code >= 0) {
              // A loop within the script.
              if (code <= pc) {
                if (out.text.length > 32768) yield* this.#flush();
                if (--sys.budget < 0) yield* sys.sched_yield();
              }
              pc = code;
              continue;
            }
            if (code !== NEXT && code !== APPEND_NEXT) break;
            if (!(yield* this.#more())) {
              // At the end, n and N print what there is.
              code = QUIT;
              break;
            }
            if (code === NEXT && !this.#quiet) out.line(this.#space, this.#end);
            if (this.#queue.length > 0) yield* this.#printQueue();
            const text = this.#take();
            this.#space = code === NEXT ? text : this.#joined(this.#space, text);
            if (this.#looksAhead && this.#at >= this.#block.length) yield* this.#more();
            pc++;
          }
          if (code !== DELETE && code !== RESTART && !this.#quiet) out.line(this.#space, this.#end);
          if (this.#queue.length > 0) yield* this.#printQueue();
          if (out.text.length > 32768 || this.#at >= this.#block.length) yield* this.#flush();
          if (--sys.budget < 0) yield* sys.sched_yield();
        }
        if (code === QUIT) return true;
      }
    } catch (e) {
      // An error of the script ends it after what was printed before.
      yield* this.#flush();
      throw e;
    }
  }
}

function hex2(c: string): string {
  return c.charCodeAt(0).toString(16).padStart(2, "0");
}

/** Edits a file by way of another one beside it. */
function* inPlace(p: Process, sed: Sed, name: string, suffix: string): Steps<boolean> {
  const st = tryStat(p.sys, name);
  const part = `${name}${strOf(p.sys.getrandom(3)).replace(/[\s\S]/g, (c) => hex2(c))}`;
  let quit = false;
  try {
    p.sys.close(yield* settle(open(p.sys, name)));
    const fd = yield* settle(open(p.sys, part, O_WRONLY | O_CREAT | O_EXCL, 0o600));
    try {
      if (st !== undefined) {
        p.sys.fchmod(fd, st.mode & 0o7777);
        p.sys.fchown(fd, st.uid, st.gid);
      }
      const output = new Output(p.sys, fd);
      quit = yield* sed.edit(name, output);
      yield* sed.close();
      const f = output.flush();
      if (f) yield* f;
    } finally {
      p.sys.close(fd);
    }
  } catch (e) {
    yield* p.warn(name, e);
    sed.status = 1;
    return false;
  }
  const moves =
    suffix === ""
      ? [[part, name]]
      : [
          [name, name + suffix],
          [part, name],
        ];
  for (const [from = "", to = ""] of moves) {
    try {
      rename(p.sys, from, to);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      unlink(p.sys, part);
      die(`can't move '${from}' to '${to}': ${strerror(e)}`);
    }
  }
  return quit;
}

/** The script of all -e and -f in their order. */
function* script(p: Process, opt: Options): Steps<string> {
  const pieces: string[] = [];
  for (const [key, value = ""] of opt.given) {
    if (key === "e") pieces.push(value);
    if (key !== "f") continue;
    try {
      const input = yield* openInput(p, value);
      const text = strOf(yield* readAll(p.sys, input.fd));
      closeInput(p, input);
      pieces.push(text.replace(/\n$/, ""));
    } catch (e) {
      dieErrno(value, e);
    }
  }
  if (pieces.length === 0) pieces.push(opt.operands.shift() ?? p.usageError());
  return pieces.join("\n");
}

function* main(p: Process): Steps<number> {
  if (p.argv[1] === "--version") {
    // Configure scripts look whether "GNU sed" is in the answer.
    const w = p.stdout.puts("This is not GNU sed version 4.0\n");
    if (w) yield* w;
    return 0;
  }
  const opt = getopt(p, "i::rEne:f:", {
    long: {
      "in-place": "i",
      "regexp-extended": "r",
      quiet: "n",
      silent: "n",
      expression: "e",
      file: "f",
    },
  });
  const text = yield* script(p, opt);
  const utf8 = isUtf8(p.env);
  const commands = new ScriptReader(text, opt.has("r") || opt.has("E"), utf8).commands();
  const quiet = opt.has("n") || /^#n(\n|$)/.test(text);
  const names = opt.operands;
  if (!opt.has("i")) {
    const sed = new Sed(p, commands, names.length === 0 ? ["-"] : names, quiet, utf8);
    yield* sed.open();
    yield* sed.run();
    yield* sed.close();
    return sed.status;
  }
  if (names.length === 0) die("-i requires an argument");
  const sed = new Sed(p, commands, [], quiet, utf8, true);
  yield* sed.open();
  for (const name of names) if (yield* inPlace(p, sed, name, opt.get("i") ?? "")) break;
  yield* sed.close();
  return sed.status;
}

export const sed: Applet = {
  name: "sed",
  path: "/bin/sed",
  usage: `[-i[SUFFIX]] [-nrE] { SCRIPT | -e SCRIPT... | -f FILE... } [FILE]...

Edit the lines of FILEs (or standard input) as SCRIPT says

	-e SCRIPT	Commands; may be repeated
	-f FILE		Commands from FILE
	-n		Print only what commands print
	-r,-E		Extended regular expressions
	-i[SUFFIX]	Put the result back into each FILE; with SUFFIX, the old
			contents are kept as FILE with that at its end
`,
  main,
};

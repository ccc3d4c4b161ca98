// less: look at text a screenful at a time (the part of less(1) that BusyBox has)
import { Errno } from "../../../abi/errno.ts";
import { O_CLOEXEC, O_RDONLY } from "../../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../../abi/program.ts";
import { SIGWINCH } from "../../../abi/signal.ts";
import { ISIG } from "../../../abi/termios.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { encodeUtf8 } from "../../../lib/utf8.ts";
import { getopt } from "../../../libc/getopt.ts";
import type { Process } from "../../../libc/process.ts";
import { REG_ICASE, RegexError, regcomp } from "../../../libc/regex/regex.ts";
import { run } from "../../../libc/spawn.ts";
import { isatty } from "../../../libc/stdio.ts";
import { strerror } from "../../../libc/strerror.ts";
import { open, writeFile } from "../../../libc/unistd.ts";
import type { Applet } from "../../libbb/applet.ts";
import { copyFd } from "../../libbb/copy.ts";
import { Keys, NoInput } from "../../libbb/key-input.ts";
import { openTty, RawTerminal } from "../../libbb/raw-terminal.ts";
import { openSource, Source } from "./source.ts";
import { View } from "./view.ts";

const REVERSE = "\x1b[7m";
const NORMAL = "\x1b[m";

class Less {
  readonly p: Process;
  readonly keys: Keys;
  readonly view: View;
  readonly files: string[];
  at = 0;
  ignoreCase: boolean;
  /** -E */
  quitAtEnd: boolean;
  done = false;
  /** Shown at the bottom until the next key. */
  message: string | undefined;
  readonly #marks = new Map<string, number>();
  /** Line of the last match, from which n goes on. */
  #match = -1;
  #searchForward = true;
  readonly #terminal: RawTerminal;

  constructor(
    p: Process,
    keys: Keys,
    view: View,
    files: string[],
    flags: { ignoreCase: boolean; quitAtEnd: boolean },
    terminal: RawTerminal,
  ) {
    this.p = p;
    this.keys = keys;
    this.view = view;
    this.files = files;
    this.ignoreCase = flags.ignoreCase;
    this.quitAtEnd = flags.quitAtEnd;
    this.#terminal = terminal;
  }

  /** Takes keys until the user leaves. */
  *run(): Steps<void> {
    const { view, keys } = this;
    keys.idle = () => this.view.draw(this.message);
    yield* view.need();
    while (!this.done) {
      if (this.quitAtEnd && view.atEnd) {
        yield* view.draw();
        return;
      }
      let key = yield* keys.next();
      this.message = undefined;
      let count = "";
      while (/^[0-9]$/.test(key) && count.length < 9) {
        count += key;
        if (!keys.pending) yield* view.bottom(`:${count}`);
        key = yield* this.#quietKey();
        if (key === "\x7f" || key === "\b") {
          count = count.slice(0, -1);
          key = count === "" ? "\x1b" : yield* this.#quietKey();
        }
      }
      yield* this.#command(key, count === "" ? undefined : Number(count));
    }
  }

  /** A key, without drawing the window before. */
  *#quietKey(): Steps<string> {
    const { idle } = this.keys;
    this.keys.idle = undefined;
    try {
      return yield* this.keys.next();
    } finally {
      this.keys.idle = idle;
    }
  }

  *#command(key: string, count: number | undefined): Steps<void> {
    const { view } = this;
    const n = count ?? 1;
    const page = view.height;
    switch (key) {
      case "q":
      case "Q":
      case "\x03":
        this.done = true;
        return;
      case "Z":
        if ((yield* this.#quietKey()) === "Z") this.done = true;
        return;
      case "<down>":
      case "e":
      case "j":
      case "\r":
      case "\n":
      case "\x0e":
      case "\x05":
        return yield* view.move(n);
      case "<up>":
      case "y":
      case "k":
      case "\x10":
      case "\x19":
        return yield* view.move(-n);
      case "<pagedown>":
      case " ":
      case "f":
      case "\x06":
      case "\x16":
      case "z":
        return yield* view.move(count ?? page);
      case "<pageup>":
      case "b":
      case "w":
      case "\x02":
        return yield* view.move(-(count ?? page));
      case "d":
      case "\x04":
        return yield* view.move(count ?? Math.floor(page / 2));
      case "u":
      case "\x15":
        return yield* view.move(-(count ?? Math.floor(page / 2)));
      case "<home>":
      case "g":
      case "<":
        return yield* view.goto(n - 1);
      case "<end>":
      case "G":
      case ">":
        return yield* view.goto(count === undefined ? Infinity : n - 1);
      case "p":
      case "%":
        yield* view.source.fill(Infinity, this.keys.fd);
        return yield* view.goto(
          Math.max(0, Math.floor((view.source.lines.length * Math.min(count ?? 0, 100)) / 100)),
        );
      case "r":
      case "R":
      case "\x0c":
      case "\x12":
        return;
      case "=":
      case "\x07":
        this.message = view.statusLine();
        return;
      default:
        yield* this.#other(key, n);
    }
  }

  *#other(key: string, n: number): Steps<void> {
    switch (key) {
      case "/":
      case "?":
        return yield* this.#search(key === "/");
      case "n":
      case "N":
        return yield* this.#again((key === "n") === this.#searchForward, n);
      case "m": {
        yield* this.view.bottom(`${REVERSE}mark: ${NORMAL}`);
        const letter = yield* this.#quietKey();
        if (/^[a-zA-Z]$/.test(letter)) this.#marks.set(letter, this.view.top.line);
        return;
      }
      case "'": {
        yield* this.view.bottom(`${REVERSE}go to mark: ${NORMAL}`);
        const line = this.#marks.get(yield* this.#quietKey());
        if (line !== undefined) yield* this.view.goto(line);
        else this.message = "Mark not set";
        return;
      }
      case "(":
      case "{":
      case "[":
        return yield* this.#bracket(key, true);
      case ")":
      case "}":
      case "]":
        return yield* this.#bracket(key, false);
      case "-":
        return yield* this.#option();
      case ":":
        return yield* this.#colon();
      case "E":
        return yield* this.#examine();
      case "s":
        return yield* this.#save();
      case "v":
        return yield* this.#outside(["vi", this.files[this.at] ?? ""]);
      case "!": {
        const line = yield* this.#readLine("!");
        if (line !== undefined) yield* this.#outside(["/bin/sh", "-c", line]);
        return;
      }
      default:
    }
  }

  /** Reads a line at the bottom; undefined when it was given up. A byte string. */
  *#readLine(prompt: string): Steps<string | undefined> {
    let text = "";
    for (;;) {
      if (!this.keys.pending) yield* this.view.bottom(prompt + encodeUtf8(text));
      const key = yield* this.#quietKey();
      if (key === "\r" || key === "\n") return encodeUtf8(text);
      if (key === "\x1b" || key === "\x03") return undefined;
      if (key === "\x7f" || key === "\b") {
        if (text === "") return undefined;
        text = Array.from(text).slice(0, -1).join("");
      } else if (key === "\x15") text = "";
      else if (!(key.length > 1 && key.startsWith("<")) && text.length < 1024) text += key;
    }
  }

  *#search(forward: boolean): Steps<void> {
    const typed = yield* this.#readLine(forward ? "/" : "?");
    if (typed === undefined) return;
    this.#searchForward = forward;
    if (typed === "") {
      this.view.pattern = undefined;
      return;
    }
    try {
      this.view.pattern = regcomp(typed, this.ignoreCase ? REG_ICASE : 0, { utf8: true });
    } catch (e) {
      if (!(e instanceof RegexError)) throw e;
      this.message = `bad regex '${typed}': ${e.message}`;
      return;
    }
    this.#match = forward ? this.view.top.line - 1 : this.view.top.line + 1;
    yield* this.#again(forward, 1);
  }

  *#again(forward: boolean, count: number): Steps<void> {
    const { view } = this;
    if (view.pattern === undefined) {
      this.message = "No previous regular expression";
      return;
    }
    // The user may have moved away since.
    const shown = this.#match >= view.top.line && this.#match <= view.top.line + view.height;
    const near = Math.abs(this.#match - view.top.line) === 1 || shown;
    let at = near ? this.#match : view.top.line;
    for (let i = 0; i < count; i++) {
      const found = yield* view.search(at + (forward ? 1 : -1), forward ? 1 : -1, view.pattern);
      if (found === undefined) {
        this.message = "No matches found";
        return;
      }
      at = found;
    }
    this.#match = at;
    yield* view.goto(at);
  }

  /** To the bracket that belongs to the one in the top (or bottom) line. */
  *#bracket(bracket: string, forward: boolean): Steps<void> {
    const { view } = this;
    const other = "()[]{}".charAt("()[]{}".indexOf(bracket) ^ 1);
    const start = forward ? view.top.line : view.top.line + view.height - 1;
    const first = view.source.lines[start];
    if (first === undefined || !first.includes(bracket)) {
      this.message = forward ? "No bracket in top line" : "No bracket in bottom line";
      return;
    }
    let depth = 0;
    const step = forward ? 1 : -1;
    for (let line = start; line >= 0; line += step) {
      yield* view.source.fill(line + 1, this.keys.fd);
      const text = view.source.lines[line];
      if (text === undefined) break;
      let chars = Array.from(text);
      if (!forward) chars.reverse();
      if (line === start) chars = chars.slice(chars.indexOf(bracket));
      for (const c of chars) {
        if (c === bracket) depth++;
        else if (c === other && --depth === 0) {
          return yield* view.goto(forward ? Math.max(0, line - view.height + 1) : line);
        }
      }
    }
    this.message = "No matching bracket found";
  }

  *#option(): Steps<void> {
    yield* this.view.bottom("-");
    const o = this.view.options;
    const flip = {
      N: "numbers",
      M: "status",
      m: "status",
      S: "truncate",
      R: "dropColours",
      "~": "noTildes",
    } as const;
    const key = yield* this.#quietKey();
    if (key === "E" || key === "e") this.quitAtEnd = !this.quitAtEnd;
    else if (key === "I") this.ignoreCase = !this.ignoreCase;
    else if (key in flip) {
      const name = flip[key as keyof typeof flip];
      o[name] = !o[name];
      this.view.changed();
    }
  }

  *#colon(): Steps<void> {
    yield* this.view.bottom(`${REVERSE} :${NORMAL}`);
    switch (yield* this.#quietKey()) {
      case "q":
        this.done = true;
        return;
      case "n":
        return yield* this.#change(this.at + 1, "No next file");
      case "p":
        return yield* this.#change(this.at - 1, "No previous file");
      case "x":
        return yield* this.#change(0, "No previous file");
      case "d":
        if (this.files.length > 1) {
          this.files.splice(this.at, 1);
          yield* this.#change(Math.min(this.at, this.files.length - 1), "");
        }
        return;
      case "e":
        return yield* this.#examine();
      case "f":
        this.message = this.view.statusLine();
        return;
      default:
    }
  }

  *#examine(): Steps<void> {
    const path = yield* this.#readLine(`${REVERSE}Examine: ${NORMAL}`);
    if (path === undefined || path === "") return;
    const source = yield* openSource(this.p.sys, path.trim());
    if (source instanceof Errno) {
      this.message = "Cannot read this file";
      return;
    }
    this.files.splice(this.at + 1, 0, path.trim());
    this.at++;
    yield* this.#take(source);
  }

  *#change(to: number, none: string): Steps<void> {
    const path = this.files[to];
    if (path === undefined) {
      if (none !== "") this.message = none;
      return;
    }
    const source = yield* openSource(this.p.sys, path);
    if (source instanceof Errno) {
      this.message = `can't open '${path}': ${strerror(source)}`;
      return;
    }
    this.at = to;
    yield* this.#take(source);
  }

  *#take(source: Source): Steps<void> {
    this.view.source.close();
    this.view.show(source);
    this.view.fileNote =
      this.files.length > 1 ? ` (file ${this.at + 1} of ${this.files.length})` : "";
    yield* this.view.need();
  }

  /** Writes all the text to a file. */
  *#save(): Steps<void> {
    const path = yield* this.#readLine(`${REVERSE}Log file: ${NORMAL}`);
    if (path === undefined || path === "") return;
    const { source } = this.view;
    yield* source.fill(Infinity, this.keys.fd);
    try {
      yield* writeFile(this.p.sys, path, bytesOf(`${source.lines.join("\n")}\n`));
      this.message = "Done";
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      this.message = "Error opening log file";
    }
  }

  /** Runs something else on the terminal. */
  *#outside(argv: string[]): Steps<void> {
    yield* this.view.bottom("");
    this.#terminal.restore();
    yield* run(this.p, argv);
    yield* this.#terminal.raw(ISIG);
  }
}

/** Copies the inputs through, where there is no screen to show them on. */
function* copyThrough(p: Process, files: readonly string[]): Steps<number> {
  let status = 0;
  for (const path of files.length > 0 ? files : ["-"]) {
    if (path === "-") {
      if ((yield* copyFd(p, 0, 1)) < 0) status = 1;
      continue;
    }
    try {
      let fd = open(p.sys, path, O_RDONLY | O_CLOEXEC);
      if (isSteps(fd)) fd = yield* fd;
      if ((yield* copyFd(p, fd, 1)) < 0) status = 1;
      p.sys.close(fd);
    } catch (e) {
      yield* p.warn(`can't open '${path}'`, e);
      status = 1;
    }
  }
  return status;
}

function* main(p: Process): Steps<number> {
  const fromEnv = (p.env.get("LESS") ?? "").split(/\s+/).filter((s) => s !== "");
  const args = fromEnv.map((s) => (s.startsWith("-") ? s : `-${s}`));
  const opt = getopt(p, "EMmN~IFSRsX", {}, [...args, ...p.argv.slice(1)]);
  const files = opt.operands;
  if (!isatty(p.sys, 1)) return yield* copyThrough(p, files);
  if (files.length === 0 && isatty(p.sys, 0)) p.usageError();
  const tty = isatty(p.sys, 0) ? 0 : ((yield* openTty(p)) ?? 1);
  let source: Source | Errno = new Source(p.sys, 0, "standard input");
  if (files[0] !== undefined && files[0] !== "-") source = yield* openSource(p.sys, files[0]);
  if (source instanceof Errno) {
    yield* p.warn(`can't open '${files[0] ?? ""}'`, source);
    return 1;
  }
  const view = new View(p, tty, source, {
    numbers: opt.has("N"),
    status: opt.has("M") || opt.has("m"),
    truncate: opt.has("S"),
    dropColours: opt.has("R"),
    noTildes: opt.has("~"),
  });
  if (files.length > 1) view.fileNote = ` (file 1 of ${files.length})`;
  if (opt.has("F")) {
    yield* source.fill(view.height + 1);
    if (source.eof && view.atEnd && files.length <= 1) return yield* copyLines(p, source);
  }
  const keys = new Keys(p.sys, tty);
  const terminal = new RawTerminal(p, tty);
  let resized = false;
  p.sys.rt_sigaction(SIGWINCH, {
    handler: () => {
      resized = true;
    },
    flags: 0,
    mask: { lo: 0, hi: 0 },
  });
  keys.interrupted = function* () {
    if (!resized) return;
    resized = false;
    view.measure();
    yield* view.draw();
  };
  const flags = { ignoreCase: opt.has("I"), quitAtEnd: opt.has("E") };
  yield* terminal.raw(ISIG);
  try {
    yield* new Less(p, keys, view, files, flags, terminal).run();
  } catch (e) {
    if (!(e instanceof NoInput)) throw e;
  } finally {
    terminal.restore();
  }
  yield* view.bottom("");
  return 0;
}

function* copyLines(p: Process, source: Source): Steps<number> {
  const w = p.stdout.puts(source.lines.map((line) => `${line}\n`).join(""));
  if (w) yield* w;
  return 0;
}

export const less: Applet = {
  name: "less",
  path: "/usr/bin/less",
  usage: `[-EFIMmNSR~] [FILE]...

Show FILEs (or the input) a screenful at a time, forward and back

	-E	Leave when the end is reached
	-F	Only print what fits on one screen
	-I	Searches ignore case
	-M,-m	Show line numbers and percentage at the bottom
	-N	Number the lines
	-S	Cut long lines instead of folding them
	-R	Drop colour codes from the text
	-~	Leave the rows behind the end empty
`,
  main,
};

// read (POSIX XCU read; ash's -n -d -t -s -u -p).
import { EAGAIN, EINTR, Errno } from "../../abi/errno.ts";
import { SEEK_CUR } from "../../abi/fcntl.ts";
import { POLLIN, type PollFd } from "../../abi/poll.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { ECHO, ECHOK, ECHONL, ICANON, type Termios, VMIN, VTIME } from "../../abi/termios.ts";
import { isatty } from "../../libc/stdio.ts";
import { TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import { type Builtin, regular } from "../bltin.ts";
import { CHAR_IFS_OTHER, CHAR_IFS_SPACE, INTERRUPT, type Shell } from "../shell.ts";
import { isName } from "../tokens.ts";

interface ReadOptions {
  raw: boolean;
  silent: boolean;
  prompt: string;
  /** Characters at most; 0 for no limit. */
  count: number;
  /** Milliseconds; undefined for no limit. */
  timeoutMs: number | undefined;
  delimiter: number;
  fd: number;
  names: readonly string[];
}

/** Longest line that is read. */
const MAX_LINE = 1 << 26;
const BLOCK = 4096;

function parseOptions(sh: Shell, argv: readonly string[]): ReadOptions | string {
  const o: ReadOptions = {
    raw: false,
    silent: false,
    prompt: "",
    count: 0,
    timeoutMs: undefined,
    delimiter: 10,
    fd: 0,
    names: [],
  };
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (!arg.startsWith("-") || arg === "-") break;
    if (arg === "--") {
      at++;
      break;
    }
    for (let i = 1; i < arg.length; i++) {
      const c = arg.charAt(i);
      if (c === "r") o.raw = true;
      else if (c === "s") o.silent = true;
      else if ("pntdu".includes(c)) {
        let value: string | undefined = arg.slice(i + 1);
        if (value === "") value = argv[++at];
        if (value === undefined) throw sh.error(`no arg for -${c} option`);
        const wrong = takeOption(o, c, value);
        if (wrong !== undefined) return wrong;
        break;
      } else throw sh.error(`illegal option -${c}`);
    }
  }
  o.names = argv.slice(at);
  return o;
}

function takeOption(o: ReadOptions, letter: string, value: string): string | undefined {
  switch (letter) {
    case "p":
      o.prompt = value;
      return undefined;
    case "n":
      if (!/^[0-9]{1,9}$/.test(value)) return "invalid count";
      o.count = Number(value);
      return undefined;
    case "t":
      if (!/^([0-9]+(\.[0-9]*)?|\.[0-9]+)$/.test(value)) return "invalid timeout";
      o.timeoutMs = Number(value) * 1000;
      return undefined;
    case "u":
      if (!/^[0-9]{1,9}$/.test(value)) return "invalid file descriptor";
      o.fd = Number(value);
      return undefined;
    default:
      o.delimiter = value === "" ? 0 : value.charCodeAt(0);
      return undefined;
  }
}

function nowMs(sys: Sys): number {
  const t = sys.clock_gettime(CLOCK_MONOTONIC);
  return t.sec * 1000 + t.nsec / 1e6;
}

/** What was read, with marks where a backslash stood before a character. */
interface Line {
  text: string;
  escaped: Set<number> | undefined;
  status: number;
}

/** Gives bytes one by one; of files it reads blocks and puts back what it did not need. */
class ByteSource {
  readonly #sh: Shell;
  readonly #fd: number;
  readonly #deadline: number | undefined;
  #block: Uint8Array | undefined;
  #at = 0;
  #seekable: boolean | undefined;

  constructor(sh: Shell, fd: number, deadline: number | undefined) {
    this.#sh = sh;
    this.#fd = fd;
    this.#deadline = deadline;
  }

  /** The next byte when it is at hand, else -1. */
  ready(): number {
    const b = this.#block;
    return b !== undefined && this.#at < b.length ? (b[this.#at++] as number) : -1;
  }

  /** The next byte; "eof", "timeout", or a signal number that interrupted. */
  *next(): Steps<number | "eof" | "timeout" | { signal: number }> {
    const { sys } = this.#sh;
    for (;;) {
      const c = this.ready();
      if (c >= 0) return c;
      try {
        if (this.#deadline !== undefined) {
          const left = Math.max(0, this.#deadline - nowMs(sys));
          const fds: PollFd[] = [{ fd: this.#fd, events: POLLIN, revents: 0 }];
          const n = sys.poll(fds, left);
          if ((isSteps(n) ? yield* n : n) === 0) return "timeout";
        }
        if (this.#seekable === undefined) this.#seekable = this.#canSeek();
        let bytes = sys.read(this.#fd, this.#seekable ? BLOCK : 1);
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length === 0) return "eof";
        this.#block = bytes;
        this.#at = 0;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        if (e === EINTR) {
          if (this.#sh.interrupted) throw INTERRUPT;
          const signal = this.#sh.pendingSignals[0];
          if (signal === undefined) continue;
          return { signal };
        }
        if (e === EAGAIN) {
          const fds: PollFd[] = [{ fd: this.#fd, events: POLLIN, revents: 0 }];
          const n = sys.poll(fds, -1);
          if (isSteps(n)) yield* n;
          continue;
        }
        return "eof";
      }
    }
  }

  #canSeek(): boolean {
    try {
      this.#sh.sys.lseek(this.#fd, 0, SEEK_CUR);
      return !isatty(this.#sh.sys, this.#fd);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return false;
    }
  }

  /** Puts back what was read ahead. */
  finish(): void {
    const left = (this.#block?.length ?? 0) - this.#at;
    if (this.#seekable === true && left > 0) this.#sh.sys.lseek(this.#fd, -left, SEEK_CUR);
  }
}

function* readLine(sh: Shell, o: ReadOptions): Steps<Line> {
  const deadline = o.timeoutMs === undefined ? undefined : nowMs(sh.sys) + o.timeoutMs;
  const source = new ByteSource(sh, o.fd, deadline);
  let text = "";
  let escaped: Set<number> | undefined;
  let backslash = false;
  let left = o.count;
  let status = 0;
  for (;;) {
    let c: number | "eof" | "timeout" | { signal: number } = source.ready();
    if (c === -1) c = yield* source.next();
    if (typeof c !== "number") {
      status = typeof c === "object" ? 128 + c.signal : 1;
      // What came before a timeout is lost.
      if (c === "timeout") text = "";
      break;
    }
    if (c === 0 && o.delimiter !== 0) continue;
    if (backslash) {
      backslash = false;
      if (c !== 10) {
        escaped ??= new Set();
        escaped.add(text.length);
        text += String.fromCharCode(c);
      }
    } else if (c === 92 && !o.raw) {
      backslash = true;
      continue;
    } else if (c === o.delimiter) break;
    else text += String.fromCharCode(c);
    if (text.length > MAX_LINE) break;
    if (o.count > 0 && --left === 0) break;
  }
  source.finish();
  return { text, escaped, status };
}

/** Distributes a line over the variables. */
function assignFields(sh: Shell, line: Line, names: readonly string[]): void {
  const { text, escaped } = line;
  const n = text.length;
  const kind = (i: number): number =>
    escaped?.has(i)
      ? 0
      : (sh.ifs[text.charCodeAt(i)] as number) & (CHAR_IFS_SPACE | CHAR_IFS_OTHER);
  let at = 0;
  while (at < n && kind(at) === CHAR_IFS_SPACE) at++;
  /** End of the field at `from`, and where the next one begins. */
  const field = (from: number): [end: number, next: number] => {
    let end = from;
    while (end < n && kind(end) === 0) end++;
    let next = end;
    while (next < n && kind(next) === CHAR_IFS_SPACE) next++;
    if (next < n && (kind(next) & CHAR_IFS_OTHER) !== 0) {
      next++;
      while (next < n && kind(next) === CHAR_IFS_SPACE) next++;
    }
    return [end, next];
  };
  for (let i = 0; i < names.length; i++) {
    const [end, next] = field(at);
    if (i < names.length - 1 || next >= n) {
      sh.set(names[i] as string, text.slice(at, end));
      at = next;
      continue;
    }
    let last = n;
    while (last > at && kind(last - 1) === CHAR_IFS_SPACE) last--;
    sh.set(names[i] as string, text.slice(at, last));
  }
}

function* readMain(sh: Shell, argv: readonly string[]): Steps<number> {
  const o = parseOptions(sh, argv);
  if (typeof o === "string") throw sh.error(o);
  for (const name of o.names) {
    if (!isName(name)) {
      const c = sh.appletComplaint(`read: '${name}': bad variable name`, 1);
      return isSteps(c) ? yield* c : c;
    }
  }
  if (o.timeoutMs === 0) {
    // Only asks whether there is something to read.
    const fds: PollFd[] = [{ fd: o.fd, events: POLLIN, revents: 0 }];
    const n = sh.sys.poll(fds, 0);
    return (isSteps(n) ? yield* n : n) > 0 && (fds[0] as PollFd).revents !== 0 ? 0 : 1;
  }
  const tty = isatty(sh.sys, o.fd);
  if (o.prompt !== "" && tty) {
    const w = sh.print2(o.prompt, 0);
    if (isSteps(w)) yield* w;
  }
  let modes: Termios | undefined;
  if (tty && (o.silent || o.count > 0)) {
    modes = tcgetattr(sh.sys, o.fd);
    const changed = { ...modes, cc: modes.cc.slice() };
    if (o.count > 0) {
      changed.lflag &= ~ICANON;
      changed.cc[VMIN] = 1;
      changed.cc[VTIME] = 0;
    }
    if (o.silent) changed.lflag &= ~(ECHO | ECHOK | ECHONL);
    yield* tcsetattr(sh.sys, o.fd, TCSANOW, changed);
  }
  let line: Line;
  try {
    line = yield* readLine(sh, o);
  } finally {
    if (modes !== undefined) restore(sh.sys, o.fd, modes);
  }
  if (o.names.length === 0) sh.set("REPLY", line.text);
  else assignFields(sh, line, o.names);
  return line.status;
}

function restore(sys: Sys, fd: number, modes: Termios): void {
  try {
    // Takes effect at once: nothing to wait for.
    tcsetattr(sys, fd, TCSANOW, modes).next();
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

export const READ = (): readonly Builtin[] => [regular("read", readMain)];

// read (POSIX XCU read; ash's -n -d -t -s -u -p).
import { EAGAIN, EINTR, Errno } from "../../abi/errno.ts";
import { SEEK_CUR } from "../../abi/fcntl.ts";
import { POLLIN, type PollFd } from "../../abi/poll.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import { ECHO, ECHOK, ECHONL, ICANON, type Termios, VMIN, VTIME } from "../../abi/termios.ts";
import { strOf } from "../../lib/bytes.ts";
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
  /** Only fields that were followed by a separator count. */
  timedOut: boolean;
}

/** Where the bytes come from: a block at a time, and what was not needed stays for the next reader. */
class ByteSource {
  readonly #sh: Shell;
  readonly #fd: number;
  readonly #tty: boolean;
  readonly #deadline: number | undefined;
  block: Uint8Array = NOTHING;
  /** The next byte of the block. */
  at = 0;
  /** How the rest of a block is given back; "bytes": it is not, so that blocks are single bytes. */
  #kind: "file" | "pipe" | "bytes" | undefined;
  /** A block that was asked for already. */
  #first: Steps<Uint8Array> | undefined;
  /** The block is still in the pipe. */
  #peeked = false;

  constructor(
    sh: Shell,
    fd: number,
    tty: boolean,
    deadline: number | undefined,
    first: Steps<Uint8Array> | undefined,
  ) {
    this.#sh = sh;
    this.#fd = fd;
    this.#tty = tty;
    this.#deadline = deadline;
    this.#first = first;
    if (first !== undefined) this.#kind = "file";
  }

  /** The next block, when this one is used up; "eof", "timeout", or a signal that interrupted. */
  *next(): Steps<"" | "eof" | "timeout" | { signal: number }> {
    const { sys } = this.#sh;
    for (;;) {
      this.finish();
      try {
        if (this.#kind !== "file" && this.#peek()) return "";
        if (this.#deadline !== undefined) {
          const left = Math.max(0, this.#deadline - nowMs(sys));
          const fds: PollFd[] = [{ fd: this.#fd, events: POLLIN, revents: 0 }];
          const n = sys.poll(fds, left);
          if ((isSteps(n) ? yield* n : n) === 0) return "timeout";
        }
        this.#kind ??= this.#canSeek() ? "file" : "bytes";
        let bytes = this.#first ?? sys.read(this.#fd, this.#kind === "file" ? BLOCK : 1);
        this.#first = undefined;
        if (isSteps(bytes)) bytes = yield* bytes;
        if (bytes.length === 0) return "eof";
        this.block = bytes;
        this.at = 0;
        return "";
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

  /** Looks what a pipe holds. */
  #peek(): boolean {
    if (this.#kind === "bytes") return false;
    const bytes = this.#sh.sys.peek(this.#fd, BLOCK);
    if (bytes === undefined) return false;
    this.#kind = "pipe";
    if (bytes.length === 0) return false;
    this.block = bytes;
    this.at = 0;
    this.#peeked = true;
    return true;
  }

  #canSeek(): boolean {
    if (this.#tty) return false;
    try {
      this.#sh.sys.lseek(this.#fd, 0, SEEK_CUR);
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return false;
    }
  }

  /** Leaves what was not needed to others. */
  finish(): void {
    const left = this.block.length - this.at;
    const used = this.at;
    this.block = NOTHING;
    this.at = 0;
    const { sys } = this.#sh;
    if (this.#peeked) {
      this.#peeked = false;
      sys.skip(this.#fd, used);
    } else if (this.#kind === "file" && left > 0) sys.lseek(this.#fd, -left, SEEK_CUR);
  }
}

const NOTHING: Uint8Array = new Uint8Array(0);

function* readLine(
  sh: Shell,
  o: ReadOptions,
  tty: boolean,
  first: Steps<Uint8Array> | undefined,
): Steps<Line> {
  const deadline = o.timeoutMs === undefined ? undefined : nowMs(sh.sys) + o.timeoutMs;
  const source = new ByteSource(sh, o.fd, tty, deadline, first);
  const { delimiter } = o;
  let text = "";
  let escaped: Set<number> | undefined;
  let backslash = false;
  let left = o.count;
  let status = 0;
  let timedOut = false;
  for (;;) {
    if (source.at >= source.block.length) {
      const came = yield* source.next();
      if (came !== "") {
        status = typeof came === "object" ? 128 + came.signal : 1;
        timedOut = came === "timeout";
        break;
      }
    }
    const { block } = source;
    if (!backslash && o.count === 0) {
      // All that is nothing special, at once.
      const end = block.indexOf(delimiter, source.at);
      let run = strOf(block, source.at, end < 0 ? block.length : end);
      const special = o.raw ? -1 : run.indexOf("\\");
      if (special >= 0) run = run.slice(0, special);
      source.at += run.length;
      text += delimiter !== 0 && run.includes("\0") ? run.replaceAll("\0", "") : run;
      if (text.length > MAX_LINE) break;
      if (special < 0 && end >= 0) {
        source.at++;
        break;
      }
      if (special < 0) continue;
    }
    const c = block[source.at++] as number;
    if (c === 0 && delimiter !== 0) continue;
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
    } else if (c === delimiter) break;
    else text += String.fromCharCode(c);
    if (text.length > MAX_LINE) break;
    if (o.count > 0 && --left === 0) break;
  }
  source.finish();
  return { text, escaped, status, timedOut };
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
    if (line.timedOut && (i === names.length - 1 || end >= n)) return;
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

/**
 * A line that is there as a whole and has nothing special in it. undefined: nothing was read. Steps: so
 * far a block was asked for.
 */
function quickLine(sh: Shell, o: ReadOptions): Line | Steps<Uint8Array> | undefined {
  const { sys } = sh;
  if (o.count > 0 || o.timeoutMs !== undefined) return undefined;
  const peeked = sys.peek(o.fd, BLOCK);
  let block = peeked;
  if (block === undefined) {
    if (sys.isatty(o.fd)) return undefined;
    sys.lseek(o.fd, 0, SEEK_CUR);
    const read = sys.read(o.fd, BLOCK);
    if (isSteps(read)) return read;
    block = read;
  }
  const end = block.indexOf(o.delimiter);
  let text: string | undefined;
  if (end >= 0) {
    text = strOf(block, 0, end);
    if ((!o.raw && text.includes("\\")) || text.includes("\0")) text = undefined;
  }
  const used = text === undefined ? 0 : end + 1;
  if (peeked === undefined) {
    if (used < block.length) sys.lseek(o.fd, used - block.length, SEEK_CUR);
  } else if (used > 0) sys.skip(o.fd, used);
  return text === undefined ? undefined : { text, escaped: undefined, status: 0, timedOut: false };
}

function readMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const o = parseOptions(sh, argv);
  if (typeof o === "string") throw sh.error(o);
  for (const name of o.names) {
    if (!isName(name)) return sh.appletComplaint(`read: '${name}': bad variable name`, 1);
  }
  let line: Line | Steps<Uint8Array> | undefined;
  try {
    line = quickLine(sh, o);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  if (line === undefined || !("text" in line)) return readLater(sh, o, line);
  return assignLine(sh, o, line);
}

function assignLine(sh: Shell, o: ReadOptions, line: Line): number {
  if (o.names.length > 0) assignFields(sh, line, o.names);
  else if (!line.timedOut) sh.set("REPLY", line.text);
  return line.status;
}

function* readLater(
  sh: Shell,
  o: ReadOptions,
  first: Steps<Uint8Array> | undefined,
): Steps<number> {
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
    line = yield* readLine(sh, o, tty, first);
  } finally {
    if (modes !== undefined) restore(sh.sys, o.fd, modes);
  }
  return assignLine(sh, o, line);
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

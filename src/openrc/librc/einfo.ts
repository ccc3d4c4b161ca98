// libeinfo: messages with a coloured star, an indent and a result at the right edge (einfo(3)).
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { AF_UNIX, SOCK_CLOEXEC, SOCK_DGRAM } from "../../abi/socket.ts";
import { TIOCGWINSZ, type WinSize } from "../../abi/termios.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { Exit, type Process } from "../../libc/process.ts";
import { isatty, type Output } from "../../libc/stdio.ts";
import { intOf } from "./numbers.ts";
import { clockText } from "./times.ts";

/** The colours that messages use, with their default (of the eight of ISO 6429). */
const COLORS = { good: 2, warn: 3, bad: 1, hilite: 6, bracket: 4 } as const;
export type Color = keyof typeof COLORS | "normal";

const INDENT_MAX = 40;
const CLEAR_LINE = "\x1b[K";
const UP = "\x1b[A";

/** Terminals with colours whose name does not say so. */
const COLOR_TERMS =
  /^(?:Eterm|ansi|con(?:132x(?:25|30|43|60)|80x(?:25|28|30|43|50|60))|cons25|console|cygwin|dtterm|gnome|konsole|kterm|linux(?:-c)?|mlterm|putty|rxvt(?:-(?:cygwin(?:-native)?|unicode))?|screen(?:-bce|-w|\.linux)?|vt100|vt220|wsvt25|xterm(?:-debian)?)$/;

export const LOG_ERR = 3;
export const LOG_WARNING = 4;
export const LOG_NOTICE = 5;
export const LOG_INFO = 6;
const LOG_DAEMON = 3;

/** As yes or no in variables of messages: also on and off. undefined for anything else. */
function flag(value: string | undefined): boolean | undefined {
  if (/^(?:yes|y|true|on|1)$/i.test(value ?? "")) return true;
  return /^(?:no|n|false|off|0)$/i.test(value ?? "") ? false : undefined;
}

/** The messages of a program. What they need to know of each other is in its environment. */
export class Einfo {
  readonly #p: Process;
  /** Printed in front of each message, followed by "|"; used by services that start at the same time. */
  prefix: string | undefined;
  #ttys = new Map<Output, boolean>();

  constructor(p: Process) {
    this.#p = p;
  }

  #env(name: string): string | undefined {
    return this.#p.env.get(name);
  }
  get #quiet(): boolean {
    return flag(this.#env("EINFO_QUIET")) === true;
  }
  get #reallyQuiet(): boolean {
    return flag(this.#env("EERROR_QUIET")) === true;
  }
  /** Are the messages of the v family wanted? */
  get verbose(): boolean {
    return flag(this.#env("EINFO_VERBOSE")) === true;
  }
  #last(command: string): void {
    this.#p.env.set("EINFO_LASTCMD", command);
  }

  #isatty(out: Output): boolean {
    let tty = this.#ttys.get(out);
    if (tty === undefined) {
      tty = isatty(this.#p.sys, out.fd);
      this.#ttys.set(out, tty);
    }
    return tty;
  }

  #colored(): boolean {
    if (flag(this.#env("EINFO_COLOR")) === false) return false;
    const term = this.#env("TERM") ?? "";
    return term.includes("color") || COLOR_TERMS.test(term);
  }

  /** The sequence that begins a colour on this stream: "" where there are none. */
  #color(color: Color): string {
    if (color === "normal") return "\x1b[m";
    // EINFO_COLOR="good=2;1:bad=1;0" gives colour and boldness by name.
    const own = new RegExp(`${color}=([^:]*)`).exec(this.#env("EINFO_COLOR") ?? "")?.[1];
    const number = own === undefined ? COLORS[color] : intOf(own) & 7;
    const bold = own !== undefined && /;0/.test(own) ? "\x1b[m" : "\x1b[1m";
    return `${bold}\x1b[3${number}m`;
  }

  /** The sequence for a colour, whether or not a stream is a terminal: "" where $TERM has none. */
  color(color: Color): string {
    return this.#colored() ? this.#color(color) : "";
  }

  #on(out: Output, color: Color): string {
    return this.#isatty(out) && this.#colored() ? this.#color(color) : "";
  }

  *#put(out: Output, text: string): Steps<void> {
    // The two streams are often one: what was said first comes first.
    if (out === this.#p.stderr) {
      const f = this.#p.stdout.flush();
      if (f) yield* f;
    }
    const w = out.puts(text);
    if (w) yield* w;
  }

  #indent(): string {
    const amount = intOf(this.#env("EINFO_INDENT"));
    return " ".repeat(Math.max(0, Math.min(INDENT_MAX, amount)));
  }

  /** Writes a message without its newline; the columns it takes. */
  *#message(out: Output, color: Color, text: string, end = ""): Steps<number> {
    const colored = this.#isatty(out) && this.#colored();
    const last = this.#env("EINFO_LASTCMD") ?? "";
    const normal = this.#on(out, "normal");
    const begin = this.#on(out, color);
    let line = "";
    if (!colored && last !== "ewarn" && last.endsWith("n")) line += "\n";
    if (this.prefix !== undefined) line += `${begin}${this.prefix}${normal}|`;
    const body = `${this.#indent()}${text}`;
    line += ` ${begin}*${normal} ${body}`;
    if (colored) line += CLEAR_LINE;
    yield* this.#put(out, line + end);
    return body.length + 3;
  }

  /** A line in the system's log, when $EINFO_LOG names the sender. */
  log(level: number, text: string): void {
    const tag = this.#env("EINFO_LOG");
    if (tag !== undefined) this.syslog(level, tag, text);
  }

  /** A line in the system's log, if there is one. */
  syslog(level: number, tag: string, text: string): void {
    const { sys } = this.#p;
    const time = clockText(sys.clock_gettime(0).sec);
    const line = `<${LOG_DAEMON * 8 + level}>${time} ${tag}[${sys.getpid()}]: ${text}`;
    try {
      const fd = sys.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      try {
        // A datagram to a socket that is there is taken at once or not at all.
        sys.sendmsg(fd, bytesOf(line), { to: { family: AF_UNIX, path: "/dev/log" } });
      } finally {
        sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Progress on stdout. */
  *einfo(text: string): Steps<void> {
    if (this.#quiet) return;
    yield* this.#message(this.#p.stdout, "good", text, "\n");
    this.#last("einfo");
  }
  *einfon(text: string): Steps<void> {
    if (this.#quiet) return;
    yield* this.#message(this.#p.stdout, "good", text);
    this.#last("einfon");
  }
  *ewarn(text: string): Steps<void> {
    if (this.#quiet) return;
    this.log(LOG_WARNING, text);
    yield* this.#message(this.#p.stderr, "warn", text, "\n");
    this.#last("ewarn");
  }
  *ewarnn(text: string): Steps<void> {
    if (this.#quiet) return;
    yield* this.#message(this.#p.stderr, "warn", text);
    this.#last("ewarnn");
  }
  *eerror(text: string): Steps<void> {
    if (this.#reallyQuiet) return;
    this.log(LOG_ERR, text);
    yield* this.#message(this.#p.stderr, "bad", text, "\n");
    this.#last("eerror");
  }
  *eerrorn(text: string): Steps<void> {
    if (this.#reallyQuiet) return;
    yield* this.#message(this.#p.stderr, "bad", text);
    this.#last("errorn");
  }
  /** A warning, and the end of the program with status 1. */
  *ewarnx(text: string): Steps<never> {
    yield* this.ewarn(text);
    throw new Exit(1);
  }
  /** An error, and the end of the program with status 1. */
  *eerrorx(text: string): Steps<never> {
    yield* this.eerror(text);
    throw new Exit(1);
  }

  /** The beginning of something that `eend` will end. */
  *ebegin(text: string, command = "ebegin"): Steps<void> {
    if (this.#quiet && command === "ebegin") return;
    const newline = this.#isatty(this.#p.stdout) && this.#colored() ? "\n" : "";
    yield* this.#message(this.#p.stdout, "good", text, ` ...${newline}`);
    this.#last(command);
  }
  /** "[ ok ]" or the reason and "[ !! ]"; gives the status back. */
  *eend(status: number, text = "", command = "eend"): Steps<number> {
    if (this.#quiet && !command.startsWith("v")) return status;
    let out = this.#p.stdout;
    let column = 0;
    if (text !== "" && status !== 0) {
      out = this.#p.stderr;
      const color = command.endsWith("ewend") ? "warn" : "bad";
      column = (yield* this.#message(out, color, text, "\n")) + 1;
    }
    yield* this.#bracket(out, column, status === 0 ? "good" : "bad", status === 0 ? "ok" : "!!");
    this.#last(command.replace(/^v(.*)/, "$1v"));
    return status;
  }

  /** A word in brackets at the right edge of the line before, or of this one that has `column` columns. */
  bracket(column: number, color: Color, word: string): Steps<void> {
    return this.#bracket(this.#p.stdout, column, color, word);
  }

  *#bracket(out: Output, column: number, color: Color, word: string): Steps<void> {
    let columns = this.#columns(out) - (word.length + 5);
    if (this.#env("TERM") === "cons25") columns--;
    if (columns > 0 && this.#isatty(out) && this.#colored()) {
      const bracket = this.#color("bracket");
      const text = `${bracket}[${this.#color(color)} ${word} ${bracket}]${this.#color("normal")}`;
      yield* this.#put(out, `${UP}\x1b[${columns}C ${text}\n`);
    } else {
      const gap = column > 0 ? " ".repeat(Math.max(0, columns - column)) : "";
      yield* this.#put(out, `${gap} [ ${word} ]\n`);
    }
  }

  #columns(out: Output): number {
    const own = this.#env("COLUMNS");
    if (own !== undefined && /^[ \t\n]*[-+]?[0-9]+$/.test(own)) return Number.parseInt(own, 10);
    try {
      return (this.#p.sys.ioctl(out.fd, TIOCGWINSZ) as WinSize).cols;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return 80;
    }
  }

  /** Messages from now on stand two columns further to the right. */
  eindent(): void {
    const amount = intOf(this.#env("EINFO_INDENT")) + 2;
    this.#setIndent(Math.min(amount, INDENT_MAX));
  }
  /** Undoes an `eindent`. */
  eoutdent(): void {
    const amount = intOf(this.#env("EINFO_INDENT")) - 2;
    if (amount <= 0) this.#p.env.delete("EINFO_INDENT");
    else this.#setIndent(amount);
  }
  #setIndent(amount: number): void {
    this.#p.env.set("EINFO_INDENT", String(amount).padStart(8, "0"));
  }

  /** The v family: as the others where $EINFO_VERBOSE is yes, quiet or not. */
  *veinfo(text: string, end = "\n", command = "einfov"): Steps<void> {
    if (!this.verbose) return;
    yield* this.#message(this.#p.stdout, "good", text, end);
    this.#last(command);
  }
  *vewarn(text: string, end = "\n", command = "ewarnv"): Steps<void> {
    if (!this.verbose) return;
    yield* this.#message(this.#p.stderr, "warn", text);
    // The newline goes to stdout, as always.
    if (end !== "") yield* this.#put(this.#p.stdout, end);
    this.#last(command);
  }
  *vebegin(text: string): Steps<void> {
    if (this.verbose) yield* this.ebegin(text, "ebeginv");
  }
  *veend(status: number, text = "", command = "veend"): Steps<number> {
    return this.verbose ? yield* this.eend(status, text, command) : 0;
  }
}

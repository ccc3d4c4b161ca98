// The N_TTY line discipline: canonical and raw input, editing, echo, signals from keys (termios(3), POSIX XBD 11).

import { SIGINT, SIGQUIT, SIGTSTP } from "../../abi/signal.ts";
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ECHOPRT,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUCLC,
  IUTF8,
  IXANY,
  IXON,
  NOFLSH,
  PARMRK,
  type Termios,
  VEOF,
  VEOL,
  VEOL2,
  VERASE,
  VINTR,
  VKILL,
  VLNEXT,
  VMIN,
  VQUIT,
  VREPRINT,
  VSTART,
  VSTOP,
  VSUSP,
  VTIME,
  VWERASE,
} from "../../abi/termios.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { OutputProcessing } from "./opost.ts";

/** Bytes of input a terminal keeps: the longest line is one less, and its line end. */
export const N_TTY_BUF_SIZE = 4096;
const MASK = N_TTY_BUF_SIZE - 1;
/** Echo kept while the far side takes nothing. */
const MAX_ECHO = 4096;

/** Kinds of characters: plain text, control characters without a meaning, those with one. */
const TEXT = 0;
const CONTROL = 1;
const SPECIAL = 2;

const NL = 10;
const CR = 13;
const TAB = 9;

/** What the line discipline asks of its terminal. */
export interface Line {
  readonly termios: Termios;
  /** Output is held by ^S or TCXONC. */
  readonly stopped: boolean;
  /** Bytes the far side takes now; 0: none. */
  room(): number;
  put(bytes: Uint8Array): void;
  /** Throws away output that has not been taken yet. */
  dropOutput(): void;
  start(): void;
  stop(): void;
  signalForeground(signo: number): void;
  /** There is something to read, or poll() has changed. */
  inputReady(): void;
}

function isControl(c: number): boolean {
  return c < 0x20 || c === 0x7f;
}

/** Letters and digits in the sense of word erase: Latin-1, so that UTF-8 letters count too. */
function isWord(c: number): boolean {
  return (
    (c >= 0x30 && c <= 0x39) ||
    (c >= 0x41 && c <= 0x5a) ||
    (c >= 0x61 && c <= 0x7a) ||
    c === 0x5f ||
    (c >= 0xc0 && c !== 0xd7 && c !== 0xf7)
  );
}

/** The state of one terminal's discipline. Positions only grow; the buffer is a ring. */
export class NTty {
  readonly #line: Line;
  readonly output: OutputProcessing = new OutputProcessing();
  #buffer: Uint8Array | undefined;
  /** Next byte to read, end of what is complete (canonical mode), end of all input. */
  #head = 0;
  #canon = 0;
  #tail = 0;
  /** Ends of complete lines; equal to #head for an end of file at the start of a line. */
  #ends: number[] = [];
  #literal = false;
  /** Between the \ and the / of ECHOPRT. */
  #erasing = false;
  #canonColumn = 0;
  /** Processed echo that is not put yet. */
  #echo = "";
  /** Kinds of all characters under the present modes; undefined after a change. */
  #special: Uint8Array | undefined;

  constructor(line: Line) {
    this.#line = line;
  }

  // ---- reading ------------------------------------------------------------------------------------

  get #canonical(): boolean {
    return (this.#line.termios.lflag & ICANON) !== 0;
  }

  /** Bytes a read could take: FIONREAD. */
  get available(): number {
    return (this.#canonical ? this.#canon : this.#tail) - this.#head;
  }

  /** poll(2): would a read return at once? */
  get readable(): boolean {
    if (this.#canonical) return this.#ends.length > 0;
    const { cc } = this.#line.termios;
    const least = cc[VTIME] === 0 ? Math.max(1, cc[VMIN] as number) : 1;
    return this.#tail - this.#head >= least;
  }

  /** Canonical mode: is there a line or an end of file? */
  get hasLine(): boolean {
    return this.#ends.length > 0;
  }

  /**
   * Takes up to `max` bytes: of the first line in canonical mode (empty: end of file; only when
   * hasLine), else of all there is.
   */
  take(max: number): Uint8Array {
    let end = this.#tail;
    if (this.#canonical) end = this.#ends[0] as number;
    const count = Math.min(max, end - this.#head);
    const bytes = this.#copy(this.#head, this.#head + count);
    this.#head += count;
    if (this.#canonical) {
      if (this.#head === end) this.#ends.shift();
    } else if (this.#canon < this.#head) {
      this.#canon = this.#head;
    }
    return bytes;
  }

  #copy(from: number, to: number): Uint8Array {
    const out = new Uint8Array(to - from);
    if (from === to) return out;
    const buffer = this.#buffer as Uint8Array;
    const start = from & MASK;
    const first = buffer.subarray(start, Math.min(N_TTY_BUF_SIZE, start + out.length));
    out.set(first);
    if (first.length < out.length)
      out.set(buffer.subarray(0, out.length - first.length), first.length);
    return out;
  }

  // ---- modes --------------------------------------------------------------------------------------

  /** The terminal's modes have changed from `old`. */
  modesChanged(old: Termios): void {
    this.#special = undefined;
    const { lflag, iflag } = this.#line.termios;
    if (((old.lflag ^ lflag) & ICANON) !== 0) {
      this.#ends = [];
      this.#literal = false;
      this.#erasing = false;
      this.#canon = this.#head;
      if ((lflag & ICANON) !== 0 && this.#tail !== this.#head) {
        // What was typed in raw mode stands as a line of its own.
        this.#canon = this.#tail;
        this.#ends.push(this.#tail);
      }
      this.#line.inputReady();
    }
    if ((old.iflag & IXON) !== 0 && (iflag & IXON) === 0) {
      this.#line.start();
      this.flushEcho();
    }
  }

  /** Throws all input away. */
  flushInput(): void {
    this.#head = this.#canon = this.#tail = 0;
    this.#ends = [];
    this.#literal = false;
    this.#erasing = false;
  }

  dropEcho(): void {
    this.#echo = "";
  }

  // ---- input --------------------------------------------------------------------------------------

  /** Takes input from the far side; returns how much, less than all when the buffer is full. */
  receive(bytes: Uint8Array): number {
    const used = this.#isPlain() ? this.#receivePlain(bytes) : this.#receiveEach(bytes);
    this.flushEcho();
    return used;
  }

  /** Raw mode without anything to do per character. */
  #isPlain(): boolean {
    const { iflag, lflag } = this.#line.termios;
    return (
      (lflag & (ICANON | ISIG | ECHO)) === 0 &&
      (iflag & (IXON | ISTRIP | IUCLC | ICRNL | INLCR | IGNCR | PARMRK)) === 0
    );
  }

  #receivePlain(bytes: Uint8Array): number {
    const count = Math.min(bytes.length, N_TTY_BUF_SIZE - 1 - (this.#tail - this.#head));
    if (count <= 0) return 0;
    this.#append(bytes.subarray(0, count));
    this.#line.inputReady();
    return count;
  }

  #receiveEach(bytes: Uint8Array): number {
    const before = this.#tail;
    let i = 0;
    while (i < bytes.length) {
      // A full buffer makes the far side wait, but never before there is a line to read.
      const held = Math.max(this.#tail - this.#head, this.#ends.length);
      if (held >= N_TTY_BUF_SIZE - 1 && (!this.#canonical || this.#ends.length > 0)) break;
      const run = this.#runLength(bytes, i);
      if (run > 1) i += this.#receiveRun(bytes.subarray(i, i + run));
      else this.#receiveByte(bytes[i++] as number);
    }
    if (!this.#canonical && this.#tail !== before) this.#line.inputReady();
    return i;
  }

  /** How many bytes from `from` on are plain text: nothing to do for each but to keep and to echo it. */
  #runLength(bytes: Uint8Array, from: number): number {
    const { iflag } = this.#line.termios;
    if (this.#literal || (iflag & (ISTRIP | IUCLC | PARMRK)) !== 0) return 0;
    if (this.#line.stopped && (iflag & IXANY) !== 0) return 0;
    this.#special ??= this.#specials();
    const special = this.#special;
    let at = from;
    while (at < bytes.length && special[bytes[at] as number] === TEXT) at++;
    return at - from;
  }

  /** Takes plain text; returns how much of it. */
  #receiveRun(run: Uint8Array): number {
    const { iflag, oflag, lflag } = this.#line.termios;
    const room = Math.max(0, N_TTY_BUF_SIZE - 1 - (this.#tail - this.#head));
    const stored = run.length <= room ? run : run.subarray(0, room);
    // Too long a line is echoed whole though its end is lost; otherwise the rest waits.
    const taken = this.#canonical && this.#ends.length === 0 ? run : stored;
    if ((lflag & ECHO) !== 0) {
      this.#finishErasing();
      this.#noteColumn();
      this.#echo += strOf(this.output.process(oflag, (iflag & IUTF8) !== 0, taken));
    }
    this.#append(stored);
    return taken.length;
  }

  #append(bytes: Uint8Array): void {
    this.#buffer ??= new Uint8Array(N_TTY_BUF_SIZE);
    const start = this.#tail & MASK;
    const first = Math.min(bytes.length, N_TTY_BUF_SIZE - start);
    this.#buffer.set(bytes.subarray(0, first), start);
    if (first < bytes.length) this.#buffer.set(bytes.subarray(first), 0);
    this.#tail += bytes.length;
  }

  #specials(): Uint8Array {
    const { cc, iflag, lflag } = this.#line.termios;
    const table = new Uint8Array(256);
    table.fill(CONTROL, 0, 0x20);
    table[0x7f] = CONTROL;
    const mark = (index: number): void => {
      const c = cc[index] as number;
      if (c !== 0) table[c] = SPECIAL;
    };
    if ((lflag & ISIG) !== 0) for (const index of [VINTR, VQUIT, VSUSP]) mark(index);
    if ((iflag & IXON) !== 0) for (const index of [VSTART, VSTOP]) mark(index);
    if ((lflag & ICANON) !== 0) {
      for (const index of [VERASE, VKILL, VEOF, VEOL]) mark(index);
      table[NL] = SPECIAL;
      if ((lflag & IEXTEN) !== 0) for (const index of [VWERASE, VLNEXT, VEOL2]) mark(index);
      if ((lflag & IEXTEN) !== 0 && (lflag & ECHO) !== 0) mark(VREPRINT);
    }
    if ((iflag & (IGNCR | ICRNL)) !== 0) table[CR] = SPECIAL;
    if ((iflag & INLCR) !== 0) table[NL] = SPECIAL;
    return table;
  }

  #receiveByte(byte: number): void {
    const { iflag, lflag } = this.#line.termios;
    let c = byte;
    if ((iflag & ISTRIP) !== 0) c &= 0x7f;
    if ((iflag & IUCLC) !== 0 && (lflag & IEXTEN) !== 0 && c >= 0x41 && c <= 0x5a) c += 0x20;
    if (this.#literal) {
      this.#literal = false;
      this.#ordinary(c);
      return;
    }
    this.#special ??= this.#specials();
    if (this.#special[c] !== SPECIAL) {
      if (this.#line.stopped && (iflag & IXON) !== 0 && (iflag & IXANY) !== 0) this.#line.start();
      this.#ordinary(c);
    } else {
      this.#meaningful(c);
    }
  }

  #ordinary(c: number): void {
    if ((this.#line.termios.lflag & ECHO) !== 0) {
      this.#finishErasing();
      if (c === NL) this.#echoRaw(NL);
      else {
        this.#noteColumn();
        this.#echoChar(c);
      }
    }
    // What does not fit is echoed and lost (Linux 6.18; no bell): the last place is the line end's.
    if (this.#tail - this.#head >= N_TTY_BUF_SIZE - 1) return;
    if (c === 0xff && (this.#line.termios.iflag & PARMRK) !== 0) this.#store(c);
    this.#store(c);
  }

  #store(c: number): void {
    this.#buffer ??= new Uint8Array(N_TTY_BUF_SIZE);
    if (this.#tail - this.#head < N_TTY_BUF_SIZE) this.#buffer[this.#tail++ & MASK] = c;
  }

  #meaningful(c: number): void {
    const { cc, iflag, lflag } = this.#line.termios;
    if ((iflag & IXON) !== 0) {
      if (c === cc[VSTART]) {
        this.#line.start();
        return;
      }
      if (c === cc[VSTOP]) {
        this.#line.stop();
        return;
      }
    }
    if ((lflag & ISIG) !== 0) {
      const signo =
        c === cc[VINTR] ? SIGINT : c === cc[VQUIT] ? SIGQUIT : c === cc[VSUSP] ? SIGTSTP : 0;
      if (signo !== 0) {
        this.#signal(signo, c);
        return;
      }
    }
    if (this.#line.stopped && (iflag & IXON) !== 0 && (iflag & IXANY) !== 0) this.#line.start();
    let char = c;
    if (char === CR) {
      if ((iflag & IGNCR) !== 0) return;
      if ((iflag & ICRNL) !== 0) char = NL;
    } else if (char === NL && (iflag & INLCR) !== 0) {
      char = CR;
    }
    if ((lflag & ICANON) !== 0 && this.#edit(char)) return;
    this.#ordinary(char);
  }

  /** ^C and its like: the foreground group is told, and what was typed and printed before is dropped. */
  #signal(signo: number, c: number): void {
    const { iflag, lflag } = this.#line.termios;
    if ((lflag & NOFLSH) === 0) {
      this.#echo = "";
      this.flushInput();
      this.#line.dropOutput();
    }
    this.#line.signalForeground(signo);
    if ((iflag & IXON) !== 0) this.#line.start();
    if ((lflag & ECHO) !== 0) this.#echoChar(c);
  }

  /** Canonical mode: characters that edit or end the line. False: an ordinary one. */
  #edit(c: number): boolean {
    const { cc, iflag, lflag } = this.#line.termios;
    const extended = (lflag & IEXTEN) !== 0;
    if (c === NL) {
      if ((lflag & (ECHO | ECHONL)) !== 0) this.#echoRaw(NL);
      this.#store(NL);
      this.#endLine();
      return true;
    }
    if (c === cc[VERASE] || c === cc[VKILL] || (extended && c === cc[VWERASE])) {
      this.#erase(c);
      return true;
    }
    if (extended && c === cc[VLNEXT]) {
      this.#literal = true;
      if ((lflag & ECHO) !== 0) {
        this.#finishErasing();
        if ((lflag & ECHOCTL) !== 0) {
          this.#echoRaw(0x5e);
          this.#echoRaw(8);
        }
      }
      return true;
    }
    if (extended && (lflag & ECHO) !== 0 && c === cc[VREPRINT]) {
      this.#finishErasing();
      this.#echoChar(c);
      this.#echoRaw(NL);
      for (let at = this.#canon; at !== this.#tail; at++) this.#echoChar(this.#at(at));
      return true;
    }
    if (c === cc[VEOF]) {
      this.#endLine();
      return true;
    }
    if (c === cc[VEOL] || (extended && c === cc[VEOL2])) {
      if ((lflag & ECHO) !== 0) {
        this.#noteColumn();
        this.#echoChar(c);
      }
      if (c === 0xff && (iflag & PARMRK) !== 0) this.#store(c);
      this.#store(c);
      this.#endLine();
      return true;
    }
    return false;
  }

  #endLine(): void {
    this.#finishErasing();
    this.#canon = this.#tail;
    this.#ends.push(this.#tail);
    this.#line.inputReady();
  }

  #at(position: number): number {
    return (this.#buffer as Uint8Array)[position & MASK] as number;
  }

  #isContinuation(c: number): boolean {
    return (this.#line.termios.iflag & IUTF8) !== 0 && (c & 0xc0) === 0x80;
  }

  #erase(key: number): void {
    if (this.#tail === this.#canon) return;
    const { cc, lflag } = this.#line.termios;
    const echo = (lflag & ECHO) !== 0;
    const kind = key === cc[VERASE] ? "char" : key === cc[VKILL] ? "line" : "word";
    if (kind === "line") {
      if (!echo) {
        this.#tail = this.#canon;
        return;
      }
      if ((lflag & (ECHOK | ECHOKE | ECHOE)) !== (ECHOK | ECHOKE | ECHOE)) {
        this.#tail = this.#canon;
        this.#finishErasing();
        this.#echoChar(key);
        if ((lflag & ECHOK) !== 0) this.#echoRaw(NL);
        return;
      }
    }
    let inWord = false;
    while (this.#tail !== this.#canon) {
      let at = this.#tail;
      let c: number;
      do {
        at--;
        c = this.#at(at);
      } while (this.#isContinuation(c) && at !== this.#canon);
      // Bytes that belong to no character are not erased.
      if (this.#isContinuation(c)) break;
      if (kind === "word") {
        if (isWord(c)) inWord = true;
        else if (inWord) break;
      }
      const end = this.#tail;
      this.#tail = at;
      if (echo) this.#echoErased(c, at, end, kind === "char", key);
      if (kind === "char") break;
    }
    if (this.#tail === this.#canon && echo) this.#finishErasing();
  }

  /** Shows that the character `c`, which stood at `at` up to `end`, is gone. */
  #echoErased(c: number, at: number, end: number, single: boolean, key: number): void {
    const { lflag } = this.#line.termios;
    if ((lflag & ECHOPRT) !== 0) {
      if (!this.#erasing) {
        this.#echoRaw(0x5c);
        this.#erasing = true;
      }
      this.#echoChar(c);
      for (let next = at + 1; next < end; next++) this.#echoRaw(this.#at(next));
    } else if (single && (lflag & ECHOE) === 0) {
      this.#echoChar(key);
    } else if (c === TAB) {
      this.#eraseTab();
    } else {
      if (isControl(c) && (lflag & ECHOCTL) !== 0) this.#eraseColumn();
      if (!isControl(c) || (lflag & ECHOCTL) !== 0) this.#eraseColumn();
    }
  }

  #eraseColumn(): void {
    this.#echo += "\b \b";
    this.output.column -= 1;
  }

  /** Goes back over a tab: its width follows from what stands before it in the line. */
  #eraseTab(): void {
    let columns = 0;
    let afterTab = false;
    for (let at = this.#tail; at !== this.#canon; ) {
      const c = this.#at(--at);
      if (c === TAB) {
        afterTab = true;
        break;
      }
      if (isControl(c)) columns += (this.#line.termios.lflag & ECHOCTL) !== 0 ? 2 : 0;
      else if (!this.#isContinuation(c)) columns++;
    }
    if (!afterTab) columns += this.#canonColumn;
    const back = 8 - (columns & 7);
    this.#echo += "\b".repeat(back);
    this.output.column -= back;
  }

  // ---- echo ---------------------------------------------------------------------------------------

  #noteColumn(): void {
    if (this.#tail === this.#canon) this.#canonColumn = this.output.column;
  }

  #finishErasing(): void {
    if (!this.#erasing) return;
    this.#echoRaw(0x2f);
    this.#erasing = false;
  }

  #echoChar(c: number): void {
    if ((this.#line.termios.lflag & ECHOCTL) !== 0 && isControl(c) && c !== TAB) {
      this.#echoRaw(0x5e);
      this.#echoRaw(c ^ 0x40);
    } else {
      this.#echoRaw(c);
    }
  }

  #echoRaw(c: number): void {
    const { iflag, oflag } = this.#line.termios;
    this.#echo += this.output.char(oflag, (iflag & IUTF8) !== 0, c);
  }

  /** Puts the echo out, unless output is held; what is held beyond a bound is lost. */
  flushEcho(): void {
    if (this.#echo === "") return;
    if (this.#line.stopped || this.#line.room() === 0) {
      if (this.#echo.length > MAX_ECHO) this.#echo = this.#echo.slice(-MAX_ECHO);
      return;
    }
    const echo = this.#echo;
    this.#echo = "";
    this.#line.put(bytesOf(echo));
  }

  // ---- output -------------------------------------------------------------------------------------

  /** Writes what the far side takes now; returns how much of `bytes` that was. */
  write(bytes: Uint8Array): number {
    const line = this.#line;
    let done = 0;
    while (done < bytes.length && !line.stopped) {
      const room = line.room();
      if (room <= 0) break;
      this.flushEcho();
      const { iflag, oflag } = line.termios;
      const part =
        bytes.length - done <= room ? bytes.subarray(done) : bytes.subarray(done, done + room);
      const processed = this.output.process(oflag, (iflag & IUTF8) !== 0, part);
      if (processed.length > 0) line.put(processed);
      done += part.length;
    }
    return done;
  }
}

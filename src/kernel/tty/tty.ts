// Terminals: modes, window, session and foreground group, and the way between programs and the far side (tty_ioctl(4)).
import { SIGCONT, SIGHUP, SIGWINCH } from "../../abi/signal.ts";
import {
  B38400,
  CREAD,
  CS8,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  HUPCL,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IUTF8,
  IXOFF,
  IXON,
  NCCS,
  ONLCR,
  OPOST,
  type Termios,
  VSTART,
  VSTOP,
  type WinSize,
} from "../../abi/termios.ts";
import type { Kernel } from "../kernel.ts";
import { sendSignal, sendSignalToPgrp } from "../signal.ts";
import type { Session } from "../task.ts";
import { WaitQueue } from "../wait.ts";
import { type Line, NTty } from "./n_tty.ts";
import type { TtyFile } from "./tty-file.ts";

/** Input held for a discipline whose buffer is full, before the far side is told to wait. */
const INPUT_LIMIT = 65536;

/** The modes of a fresh terminal: those of `stty sane`, with UTF-8 editing. */
export function defaultTermios(): Termios {
  const cc = new Uint8Array(NCCS);
  // INTR ^C, QUIT ^\, ERASE ^?, KILL ^U, EOF ^D, TIME 0, MIN 1, -, START ^Q, STOP ^S, SUSP ^Z, -, REPRINT ^R, DISCARD ^O, WERASE ^W, LNEXT ^V
  cc.set([3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22, 0]);
  return {
    iflag: ICRNL | IXON | IUTF8,
    oflag: OPOST | ONLCR,
    cflag: B38400 | CS8 | CREAD | HUPCL,
    lflag: ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN,
    line: 0,
    cc,
  };
}

/** A terminal. Subclasses are the drivers: what lies on the far side. */
export abstract class Tty implements Line {
  readonly kernel: Kernel;
  /** Name below /dev: "pts/0", "ttyS0". */
  readonly name: string;
  /** Device number as st_rdev and /proc/PID/stat have it. */
  readonly rdev: number;
  termios: Termios = defaultTermios();
  winsize: WinSize = { rows: 0, cols: 0, xpixel: 0, ypixel: 0 };
  /** The session whose controlling terminal it is. */
  session: Session | undefined;
  /** Foreground process group, 0 for none. */
  foreground = 0;
  /** TIOCEXCL: only root may open it again. */
  exclusive = false;
  stopped = false;
  /** Stopped by TCXONC, not by a key: IXANY and IXON off do not start it. */
  #stoppedByCall = false;
  readonly discipline: NTty = new NTty(this);
  readonly files: Set<TtyFile> = new Set();
  readonly readQueue: WaitQueue = new WaitQueue();
  readonly writeQueue: WaitQueue = new WaitQueue();
  #input: Uint8Array[] = [];
  #inputBytes = 0;
  #pumping = false;
  /** IXOFF: the far side has been sent STOP. */
  #paused = false;

  constructor(kernel: Kernel, name: string, rdev: number) {
    this.kernel = kernel;
    this.name = name;
    this.rdev = rdev;
  }

  // ---- the far side -------------------------------------------------------------------------------

  /** Pseudo terminals live on when their session's leader exits; other lines are hung up. */
  readonly isPty: boolean = false;
  /** Bytes it takes now, 0 for none; a `put` may exceed it by what output processing adds. */
  abstract room(): number;
  /** Hands over output; the chunk is not changed afterwards. */
  abstract put(bytes: Uint8Array): void;
  /** Throws away output that the far side has not taken yet. */
  dropOutput(): void {}
  /** Has the far side taken all output? (tcdrain) */
  get drained(): boolean {
    return true;
  }
  /** Input is wanted again after `wantsInput` was false. */
  protected inputDrained(): void {}
  /** The window has changed from the program's side. */
  protected resized(): void {}
  /** No descriptor refers to it any more. */
  protected lastClosed(): void {}

  /** False: the far side should wait before it sends more. */
  get wantsInput(): boolean {
    return this.#inputBytes < INPUT_LIMIT;
  }

  /** Input from the far side; always taken, whatever `wantsInput` says. */
  input(bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.#input.push(bytes);
    this.#inputBytes += bytes.length;
    this.pump();
  }

  /** Gives waiting input to the discipline as far as it has room. */
  pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    const wanted = this.wantsInput;
    try {
      while (this.#input.length > 0) {
        const chunk = this.#input[0] as Uint8Array;
        const used = this.discipline.receive(chunk);
        this.#inputBytes -= used;
        if (used === chunk.length) this.#input.shift();
        else {
          this.#input[0] = chunk.subarray(used);
          break;
        }
      }
    } finally {
      this.#pumping = false;
    }
    this.#pause(this.#input.length > 0);
    if (!wanted && this.wantsInput) this.inputDrained();
  }

  #pause(full: boolean): void {
    if (full === this.#paused || (this.termios.iflag & IXOFF) === 0) return;
    this.#paused = full;
    this.sendFlow(full ? VSTOP : VSTART);
  }

  /** Sends STOP or START to the far side, past held output. */
  sendFlow(which: typeof VSTOP | typeof VSTART): void {
    const c = this.termios.cc[which] as number;
    if (c !== 0) this.put(Uint8Array.of(c));
  }

  /** The far side takes output again. */
  outputReady(): void {
    this.discipline.flushEcho();
    this.writeQueue.wake();
  }

  // ---- the discipline's line ----------------------------------------------------------------------

  start(byCall = false): void {
    if (!this.stopped || (this.#stoppedByCall && !byCall)) return;
    this.stopped = false;
    this.#stoppedByCall = false;
    this.outputReady();
  }

  stop(byCall = false): void {
    this.stopped = true;
    if (byCall) this.#stoppedByCall = true;
  }

  signalForeground(signo: number): void {
    const pgrp = this.kernel.pgrps.get(this.foreground);
    if (pgrp !== undefined) sendSignalToPgrp(pgrp, signo);
  }

  inputReady(): void {
    this.readQueue.wake();
  }

  // ---- modes and window ---------------------------------------------------------------------------

  setTermios(termios: Termios): void {
    const old = this.termios;
    const cc = new Uint8Array(NCCS);
    cc.set(termios.cc.subarray(0, NCCS));
    this.termios = { ...termios, cc };
    this.discipline.modesChanged(old);
    this.pump();
  }

  /** Throws unread input away. */
  flushInput(): void {
    this.#input = [];
    this.#inputBytes = 0;
    this.discipline.flushInput();
    this.pump();
    this.inputDrained();
  }

  /** Throws unsent output away. */
  flushOutput(): void {
    this.discipline.dropEcho();
    this.dropOutput();
    this.writeQueue.wake();
  }

  /** Sets the window; the foreground group hears of a change. */
  setWinSize(size: WinSize): void {
    const old = this.winsize;
    if (
      old.rows === size.rows &&
      old.cols === size.cols &&
      old.xpixel === size.xpixel &&
      old.ypixel === size.ypixel
    ) {
      return;
    }
    this.winsize = { ...size };
    this.signalForeground(SIGWINCH);
    this.resized();
  }

  // ---- the end ------------------------------------------------------------------------------------

  /**
   * The line is gone (modem hang-up, master closed, vhangup): open descriptors read end of file and
   * write EIO for ever, the session loses the terminal, its leader gets SIGHUP and SIGCONT. With
   * `wholeForeground` (the leader's own exit) the foreground group gets SIGHUP too.
   */
  hangup(wholeForeground = false): void {
    for (const file of [...this.files]) {
      if (file.console) continue;
      file.hungUp = true;
      this.files.delete(file);
    }
    this.flushInput();
    this.flushOutput();
    this.stopped = false;
    const session = this.session;
    if (session !== undefined) {
      const leader = session.leader;
      session.tty = undefined;
      session.oldForeground = this.foreground;
      if (leader !== undefined) {
        sendSignal(leader, SIGHUP);
        sendSignal(leader, SIGCONT);
      }
      if (wholeForeground) this.signalForeground(SIGHUP);
    }
    this.session = undefined;
    this.foreground = 0;
    this.readQueue.wake();
    this.writeQueue.wake();
    if (this.files.size === 0) this.lastClosed();
  }

  /** A descriptor's file is released. */
  closed(file: TtyFile): void {
    if (!this.files.delete(file)) return;
    if (this.files.size > 0) return;
    this.exclusive = false;
    this.stopped = false;
    this.lastClosed();
  }
}

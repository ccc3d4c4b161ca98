// Terminal ioctls (tty_ioctl(4)); arguments and results are JavaScript values.
import { EFAULT, EINVAL, EIO, ENOTTY, EPERM, ESRCH } from "../../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { SIGTTOU } from "../../abi/signal.ts";
import {
  FIONREAD,
  TCFLSH,
  TCGETS,
  TCIFLUSH,
  TCIOFF,
  TCIOFLUSH,
  TCION,
  TCOFLUSH,
  TCOOFF,
  TCOON,
  TCSBRK,
  TCSBRKP,
  TCSETS,
  TCSETSF,
  TCSETSW,
  TCXONC,
  type Termios,
  TIOCEXCL,
  TIOCGETD,
  TIOCGPGRP,
  TIOCGSID,
  TIOCGWINSZ,
  TIOCNOTTY,
  TIOCNXCL,
  TIOCOUTQ,
  TIOCSCTTY,
  TIOCSETD,
  TIOCSPGRP,
  TIOCSTI,
  TIOCSWINSZ,
  TIOCVHANGUP,
  VSTART,
  VSTOP,
  type WinSize,
} from "../../abi/termios.ts";
import type { Task } from "../task.ts";
import { sleepOn } from "../wait.ts";
import { checkBackground, controllingTty, giveUpTty, setControllingTty } from "./job-control.ts";
import type { Tty } from "./tty.ts";
import type { TtyFile } from "./tty-file.ts";

/** Requests that a background process may not make (they count as writing). */
const CHANGES: ReadonlySet<number> = new Set([
  TCSETS,
  TCSETSW,
  TCSETSF,
  TCFLSH,
  TCXONC,
  TCSBRK,
  TCSBRKP,
  TIOCSPGRP,
]);

/** Serves a request on an open terminal. */
export function ttyIoctl(
  task: Task,
  file: TtyFile,
  request: number,
  arg: unknown,
): Blocking<unknown> {
  if (CHANGES.has(request)) {
    let mustWait: boolean;
    try {
      mustWait = checkBackground(task, file.tty, SIGTTOU);
    } catch (error) {
      // tcsetpgrp has its own answer for orphans.
      throw error === EIO && request === TIOCSPGRP ? ENOTTY : error;
    }
    if (mustWait) return waitForForeground(task, file, request, arg);
  }
  return serve(task, file, request, arg);
}

function* waitForForeground(
  task: Task,
  file: TtyFile,
  request: number,
  arg: unknown,
): Steps<unknown> {
  yield* sleepOn(task, [file.tty.readQueue]);
  const result = file.ioctl(task, request, arg);
  return isSteps(result) ? yield* result : result;
}

function serve(task: Task, file: TtyFile, request: number, arg: unknown): Blocking<unknown> {
  const { tty } = file;
  switch (request) {
    case TCGETS:
      return { ...tty.termios, cc: tty.termios.cc.slice() };
    case TCSETS:
      tty.setTermios(termiosOf(arg));
      return 0;
    case TCSETSW:
    case TCSETSF:
      return afterDrain(task, tty, () => {
        if (request === TCSETSF) tty.flushInput();
        tty.setTermios(termiosOf(arg));
        return 0;
      });
    case TCSBRK:
    case TCSBRKP:
      return afterDrain(task, tty, () => 0);
    case TCFLSH:
      return flush(tty, arg);
    case TCXONC:
      return flow(tty, arg);
    case TIOCGWINSZ:
      return { ...tty.winsize };
    case TIOCSWINSZ:
      tty.setWinSize(winSizeOf(arg));
      return 0;
    case TIOCGPGRP:
      if (controllingTty(task.group) !== tty) throw ENOTTY;
      return tty.foreground;
    case TIOCSPGRP:
      return setForeground(task, tty, arg);
    case TIOCGSID:
      if (controllingTty(task.group) !== tty || tty.session === undefined) throw ENOTTY;
      return tty.session.id;
    case TIOCSCTTY:
      setControllingTty(task, tty, arg === 1);
      return 0;
    case TIOCNOTTY:
      if (controllingTty(task.group) !== tty) throw ENOTTY;
      giveUpTty(task);
      return 0;
    case FIONREAD:
      return tty.discipline.available;
    case TIOCOUTQ:
      return tty.drained ? 0 : 1;
    case TIOCSTI:
      if (controllingTty(task.group) !== tty && task.cred.euid !== 0) throw EPERM;
      tty.input(Uint8Array.of(charOf(arg)));
      return 0;
    case TIOCEXCL:
      tty.exclusive = true;
      return 0;
    case TIOCNXCL:
      tty.exclusive = false;
      return 0;
    case TIOCGETD:
      return 0;
    case TIOCSETD:
      if (arg !== 0) throw EINVAL;
      return 0;
    case TIOCVHANGUP:
      if (task.cred.euid !== 0) throw EPERM;
      tty.hangup();
      return 0;
    default:
      throw ENOTTY;
  }
}

function afterDrain(task: Task, tty: Tty, then: () => number): Blocking<number> {
  return tty.drained ? then() : drain(task, tty, then);
}

function* drain(task: Task, tty: Tty, then: () => number): Steps<number> {
  while (!tty.drained) yield* sleepOn(task, [tty.writeQueue]);
  return then();
}

/** Requests on a terminal's window and modes, as a pty's master may make them too. */
export function winSizeOf(arg: unknown): WinSize {
  const size = arg as Partial<WinSize> | undefined;
  if (typeof size?.rows !== "number" || typeof size.cols !== "number") throw EFAULT;
  return {
    rows: size.rows & 0xffff,
    cols: size.cols & 0xffff,
    xpixel: (size.xpixel ?? 0) & 0xffff,
    ypixel: (size.ypixel ?? 0) & 0xffff,
  };
}

/** Checks a Termios given by a program. */
export function termiosOf(arg: unknown): Termios {
  const termios = arg as Partial<Termios> | undefined;
  if (typeof termios?.lflag !== "number" || !(termios.cc instanceof Uint8Array)) throw EFAULT;
  return termios as Termios;
}

function charOf(arg: unknown): number {
  if (typeof arg === "number") return arg & 0xff;
  if (typeof arg === "string" && arg.length > 0) return arg.charCodeAt(0) & 0xff;
  throw EFAULT;
}

/** TCFLSH. */
export function flush(tty: Tty, arg: unknown): number {
  if (arg !== TCIFLUSH && arg !== TCOFLUSH && arg !== TCIOFLUSH) throw EINVAL;
  if (arg !== TCOFLUSH) tty.flushInput();
  if (arg !== TCIFLUSH) tty.flushOutput();
  return 0;
}

function flow(tty: Tty, arg: unknown): number {
  switch (arg) {
    case TCOOFF:
      tty.stop(true);
      return 0;
    case TCOON:
      tty.start(true);
      return 0;
    case TCIOFF:
      tty.sendFlow(VSTOP);
      return 0;
    case TCION:
      tty.sendFlow(VSTART);
      return 0;
    default:
      throw EINVAL;
  }
}

function setForeground(task: Task, tty: Tty, arg: unknown): number {
  const session = task.group.session;
  if (controllingTty(task.group) !== tty || tty.session !== session) throw ENOTTY;
  if (typeof arg !== "number" || arg < 0) throw EINVAL;
  const pgrp = task.kernel.pgrps.get(arg);
  if (pgrp === undefined || pgrp.members.size === 0) throw ESRCH;
  if (pgrp.session !== session) throw EPERM;
  tty.foreground = arg;
  // Background readers of the group that has come to the front look again.
  tty.readQueue.wake();
  return 0;
}

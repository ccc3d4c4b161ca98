// termios.h: terminal modes and window size, as wrappers of ioctl(2).
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import {
  BRKINT,
  ECHO,
  ECHONL,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNBRK,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IXON,
  OPOST,
  PARMRK,
  TCGETS,
  TCSETS,
  TCSETSF,
  TCSETSW,
  type Termios,
  TIOCGPGRP,
  TIOCGWINSZ,
  TIOCSPGRP,
  TIOCSWINSZ,
  VMIN,
  VTIME,
  type WinSize,
} from "../abi/termios.ts";

export const TCSANOW = 0;
export const TCSADRAIN = 1;
export const TCSAFLUSH = 2;

/** The terminal's modes, a copy of one's own. Throws ENOTTY. */
export function tcgetattr(sys: Sys, fd: number): Termios {
  const t = sys.ioctl(fd, TCGETS) as Termios;
  return { ...t, cc: t.cc.slice() };
}

/** Sets modes at once, after output has drained, or discarding input too. */
export function* tcsetattr(sys: Sys, fd: number, when: number, t: Termios): Steps<void> {
  const request = when === TCSANOW ? TCSETS : when === TCSADRAIN ? TCSETSW : TCSETSF;
  const call = sys.ioctl(fd, request, { ...t, cc: t.cc.slice() });
  if (isSteps(call)) yield* call;
}

/** Raw mode: bytes as they come, no echo, no signals (cfmakeraw). Changes `t`. */
export function cfmakeraw(t: Termios): Termios {
  t.iflag &= ~(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
  t.oflag &= ~OPOST;
  t.lflag &= ~(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
  t.cc[VMIN] = 1;
  t.cc[VTIME] = 0;
  return t;
}

/** Size of the window; undefined where there is none or it is not known. */
export function winsize(sys: Sys, fd: number): WinSize | undefined {
  try {
    const size = sys.ioctl(fd, TIOCGWINSZ) as WinSize;
    return size.cols > 0 ? size : undefined;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return undefined;
  }
}

export function setWinsize(sys: Sys, fd: number, size: WinSize): void {
  sys.ioctl(fd, TIOCSWINSZ, size);
}

/** Columns to format for: $COLUMNS or the window's, else 80. */
export function columns(sys: Sys, fd: number, env: ReadonlyMap<string, string>): number {
  return winsize(sys, fd)?.cols ?? (Number.parseInt(env.get("COLUMNS") ?? "", 10) || 80);
}

/** Foreground process group of the terminal. */
export function tcgetpgrp(sys: Sys, fd: number): number {
  return sys.ioctl(fd, TIOCGPGRP) as number;
}

/** Makes a process group the terminal's foreground one. May stop a background caller (SIGTTOU). */
export function* tcsetpgrp(sys: Sys, fd: number, pgrp: number): Steps<void> {
  const call = sys.ioctl(fd, TIOCSPGRP, pgrp);
  if (isSteps(call)) yield* call;
}

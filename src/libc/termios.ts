// termios.h: terminal modes and window size, as wrappers of ioctl(2).
import { Errno } from "../abi/errno.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import {
  TCGETS,
  TCSETS,
  TCSETSF,
  TCSETSW,
  type Termios,
  TIOCGWINSZ,
  TIOCSWINSZ,
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

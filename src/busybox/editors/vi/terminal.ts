// vi's terminal: raw modes while it edits, the user's own while something else runs.
import { ENOTTY, Errno } from "../../../abi/errno.ts";
import type { Steps } from "../../../abi/program.ts";
import {
  ECHO,
  ECHONL,
  ICANON,
  ICRNL,
  IEXTEN,
  ISIG,
  IXON,
  ONLCR,
  VMIN,
  VTIME,
} from "../../../abi/termios.ts";
import { TCSADRAIN, tcgetattr, tcsetattr } from "../../../libc/termios.ts";
import type { Vi } from "./state.ts";

/** The alternate screen of xterm and its kin. */
export const ENTER_SCREEN = "\x1b[?1049h";
export const LEAVE_SCREEN = "\x1b[?1049l";

/** Turns raw mode on; what is no terminal stays as it is. */
export function* rawOn(vi: Vi): Steps<void> {
  try {
    const t = tcgetattr(vi.p.sys, 0);
    vi.modes ??= t;
    const raw = { ...t, cc: t.cc.slice() };
    raw.lflag &= ~(ISIG | ICANON | ECHO | ECHONL | IEXTEN);
    raw.iflag &= ~(ICRNL | IXON);
    raw.oflag &= ~ONLCR;
    raw.cc[VMIN] = 1;
    raw.cc[VTIME] = 0;
    yield* tcsetattr(vi.p.sys, 0, TCSADRAIN, raw);
  } catch (e) {
    if (!(e instanceof Errno) || e !== ENOTTY) throw e;
  }
}

/** Gives the terminal its modes back. */
export function* rawOff(vi: Vi): Steps<void> {
  if (vi.modes !== undefined) yield* tcsetattr(vi.p.sys, 0, TCSADRAIN, vi.modes);
}

/** Lets others write on the screen: below the text, in the terminal's own modes. */
export function* lendScreen(vi: Vi): Steps<void> {
  yield* vi.screen.send(`\x1b[${vi.screen.rows};1H\x1b[K`);
  yield* rawOff(vi);
}

/** Takes the screen again. */
export function* takeScreen(vi: Vi): Steps<void> {
  yield* rawOn(vi);
  vi.screen.measure();
}

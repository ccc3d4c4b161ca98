// reset: bring a terminal back to its senses
import type { Steps } from "../../abi/program.ts";
import {
  BRKINT,
  CREAD,
  CS8,
  CSIZE,
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNBRK,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IXON,
  ONLCR,
  OPOST,
} from "../../abi/termios.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { TCSANOW, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import type { Applet } from "../libbb/applet.ts";

/** intr, quit, erase, kill, eof, time, min, swtch, start, stop, susp, eol, reprint, discard, werase, lnext. */
const SANE_CHARS = [3, 28, 127, 21, 4, 0, 1, 0, 17, 19, 26, 0, 18, 15, 23, 22];

function* main(p: Process): Steps<number> {
  if (!isatty(p.sys, 0) || !isatty(p.sys, 1)) return 0;
  // Full reset, US-ASCII, no attributes, clear, show the cursor.
  let w = p.stdout.puts("\x1bc\x1b(B\x1b[m\x1b[J\x1b[?25h");
  if (w) yield* w;
  w = p.stdout.flush();
  if (w) yield* w;
  // As `stty sane` does.
  const t = tcgetattr(p.sys, 1);
  t.iflag = (t.iflag & ~(IGNBRK | INLCR | IGNCR | ISTRIP)) | BRKINT | ICRNL | IXON;
  t.oflag |= OPOST | ONLCR;
  t.cflag = (t.cflag & ~CSIZE) | CS8 | CREAD;
  t.lflag |= ISIG | ICANON | IEXTEN | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE;
  t.cc.set(SANE_CHARS);
  yield* tcsetattr(p.sys, 1, TCSANOW, t);
  return 0;
}

export const reset: Applet = {
  name: "reset",
  path: "/usr/bin/reset",
  usage: `

Reset the terminal: its screen (by escape codes) and its modes
`,
  main,
};

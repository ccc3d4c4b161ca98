// resize: ask the terminal for its size, tell the kernel, and print it for the shell to read
import { Errno } from "../../abi/errno.ts";
import { POLLIN } from "../../abi/poll.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { setWinsize } from "../../libc/termios.ts";
import type { Applet } from "../libbb/applet.ts";
import { RawTerminal } from "../libbb/raw-terminal.ts";

const WAIT_MS = 3000;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the answer is a control sequence
const ANSWER = /\x1b\[([0-9]{1,5});([0-9]{1,5})R/;

/** Reads the terminal's answer, for so long. */
function* answer(p: Process): Steps<string> {
  let text = "";
  while (!ANSWER.test(text) && text.length < 256) {
    const fds = [{ fd: 2, events: POLLIN, revents: 0 }];
    let n = p.sys.poll(fds, WAIT_MS);
    if (isSteps(n)) n = yield* n;
    if (n === 0) break;
    let chunk = p.sys.read(2, 64);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    text += strOf(chunk);
  }
  return text;
}

function* main(p: Process): Steps<number> {
  let rows = 0;
  let cols = 0;
  if (isatty(p.sys, 2)) {
    const terminal = new RawTerminal(p, 2);
    yield* terminal.raw();
    try {
      // Save the cursor, no scrolling region, to the far corner, where are we?
      let w = p.stderr.puts("\x1b7\x1b[r\x1b[999;999H\x1b[6n");
      if (w) yield* w;
      const m = ANSWER.exec(yield* answer(p));
      rows = Number(m?.[1] ?? 0);
      cols = Number(m?.[2] ?? 0);
      w = p.stderr.puts("\x1b8");
      if (w) yield* w;
      if (rows > 0 && cols > 0) setWinsize(p.sys, 2, { rows, cols, xpixel: 0, ypixel: 0 });
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    } finally {
      terminal.restore();
    }
  }
  const w = p.stdout.puts(`COLUMNS=${cols};LINES=${rows};export COLUMNS LINES;\n`);
  if (w) yield* w;
  return 0;
}

export const resize: Applet = {
  name: "resize",
  path: "/usr/bin/resize",
  usage: `

Find out the terminal's size, set it, and print commands that set COLUMNS and LINES
`,
  main,
};

// showkey: what keys send (showkey(1))
import { Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { ECHO, ICANON, ISIG, type Termios, VMIN, VTIME } from "../../abi/termios.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { TCSAFLUSH, tcgetattr, tcsetattr } from "../../libc/termios.ts";
import type { Applet } from "../libbb/applet.ts";
import { xioctl } from "../libbb/device.ts";

const KDGKBMODE = 0x4b44;
const KDSKBMODE = 0x4b45;
const K_RAW = 0;
const K_MEDIUMRAW = 2;
/** Without a key for so long the program ends. */
const IDLE_MS = 10000;

/** Sets the modes of stdin, or says why not. */
function* setModes(p: Process, modes: Termios | undefined): Steps<void> {
  try {
    yield* tcsetattr(p.sys, 0, TCSAFLUSH, modes ?? tcgetattr(p.sys, 0));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* p.warn("can't tcsetattr for stdin", e);
  }
}

function* put(p: Process, text: string): Steps<void> {
  const w = p.stdout.puts(text);
  if (w) yield* w;
  const f = p.stdout.flush();
  if (f) yield* f;
}

function* bytes(p: Process): Steps<void> {
  yield* put(p, "Press any keys, program terminates on EOF (ctrl-D):\r\n\r\n");
  for (;;) {
    const [c] = yield* settle(p.sys.read(0, 1));
    if (c === undefined) return;
    const octal = c.toString(8).padStart(3, "0");
    yield* put(p, `${String(c).padStart(3)} 0${octal} 0x${c.toString(16).padStart(2, "0")}\r\n`);
    if (c === 4) return;
  }
}

function* codes(p: Process, mode: number): Steps<void> {
  const before = yield* xioctl(p, 0, KDGKBMODE);
  yield* xioctl(p, 0, KDSKBMODE, mode);
  try {
    yield* put(p, "Press any keys, program terminates 10s after last keypress:\r\n\r\n");
    for (;;) {
      const fds = [{ fd: 0, events: 1, revents: 0 }];
      if ((yield* settle(p.sys.poll(fds, IDLE_MS))) === 0) return;
      const chunk = yield* settle(p.sys.read(0, 18));
      if (chunk.length === 0) return;
      for (const c of chunk)
        yield* put(
          p,
          mode === K_RAW
            ? `0x${c.toString(16).padStart(2, "0")} `
            : `keycode ${String(c & 0x7f).padStart(3)} ${(c & 0x80) !== 0 ? "release" : "press"}\r\n`,
        );
      if (mode === K_RAW) yield* put(p, "\r\n");
    }
  } finally {
    p.sys.ioctl(0, KDSKBMODE, before);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "aks");
  let saved: Termios | undefined;
  let raw: Termios | undefined;
  try {
    saved = tcgetattr(p.sys, 0);
    raw = { ...saved, cc: saved.cc.slice(), lflag: saved.lflag & ~(ICANON | ECHO | ISIG) };
    raw.cc[VMIN] = 1;
    raw.cc[VTIME] = 0;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  yield* setModes(p, raw);
  if (opt.has("a")) yield* bytes(p);
  else yield* codes(p, opt.has("s") ? K_RAW : K_MEDIUMRAW);
  yield* setModes(p, saved);
  return 0;
}

export const showkey: Applet = {
  name: "showkey",
  path: "/usr/bin/showkey",
  usage: `[-a|k|s]

Show what keys send

	-a	Bytes
	-k	Key codes (the default)
	-s	Scan codes
`,
  main,
};

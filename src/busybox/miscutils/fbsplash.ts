// fbsplash: an image on a frame buffer. Without a display there is no console that could be made to show it.
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { readFile, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { consoleOrDie, openDevice, xioctl } from "../libbb/device.ts";

const FBIOGET_VSCREENINFO = 0x4600;
const FBIOGET_FSCREENINFO = 0x4602;
const IMAGE_MAX = 64 << 20;

/** Draws a PPM image (P6) in the upper left corner of a screen with 32 bits a pixel. */
function* draw(p: Process, fd: number, path: string): Steps<void> {
  const screen = (yield* xioctl(p, fd, FBIOGET_VSCREENINFO)) as {
    xres: number;
    yres: number;
    bits_per_pixel: number;
  };
  const { line_length } = (yield* xioctl(p, fd, FBIOGET_FSCREENINFO)) as { line_length: number };
  if (screen.bits_per_pixel !== 32) die(`unsupported ${screen.bits_per_pixel} bpp`);
  const file = yield* readFile(p.sys, path, IMAGE_MAX);
  const head = /^P6\s+(?:#[^\n]*\n\s*)*(\d+)\s+(\d+)\s+(\d+)\s/.exec(strOf(file, 0, 1024));
  if (head === null) return die(`bad PPM file '${path}'`);
  const [width, height] = [Number(head[1]), Number(head[2])];
  for (let y = 0; y < Math.min(height, screen.yres); y++) {
    const row = new Uint8Array(Math.min(width, screen.xres) * 4);
    for (let x = 0; x * 4 < row.length; x++) {
      const at = head[0].length + (y * width + x) * 3;
      for (let c = 0; c < 3; c++) row[x * 4 + 2 - c] = file[at + c] ?? 0;
    }
    yield* settle(p.sys.pwrite(fd, row, y * line_length));
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cs:d:i:f:T:", { required: ["s"] });
  const terminal = yield* consoleOrDie(p);
  for (const key of "if") if (opt.has(key)) die(`option '${key}' not handled`);
  if (opt.has("c")) yield* writeAll(p.sys, terminal, bytesOf("\x1b[?25l"));
  const fd = yield* openDevice(p, opt.get("d") ?? "/dev/fb0", O_RDWR);
  yield* draw(p, fd, opt.get("s") as string);
  return 0;
}

export const fbsplash: Applet = {
  name: "fbsplash",
  path: "/sbin/fbsplash",
  usage: `-s IMAGE [-c] [-d DEV]

Show a PPM image on a frame buffer

	-s IMAGE	The image
	-c	Hide the cursor
	-d DEV	The frame buffer (/dev/fb0)
`,
  main,
};

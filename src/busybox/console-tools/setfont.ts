// setfont, loadfont: fonts of a virtual console, of the forms psf 1 and 2 and of raw ones (setfont(8), psfaddtable(1))
import { O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { open, readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { consoleOrDie, openDevice, xioctl } from "../libbb/device.ts";

const KDFONTOP = 0x4b72;
const KD_FONT_OP_SET = 0;
const PIO_UNISCRNMAP = 0x4b6a;
const FONT_MAX = 1 << 20;
const MAP_SIZE = 256;

interface Font {
  op: number;
  width: number;
  height: number;
  charcount: number;
  data: Uint8Array;
}

/** Reads a font file; undefined when it is none. */
function parseFont(file: Uint8Array): Font | undefined {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const font = (width: number, height: number, count: number, at: number): Font | undefined => {
    const size = Math.ceil(width / 8) * height * count;
    if (height < 1 || height > 32 || size === 0 || at + size > file.length) return undefined;
    const data = file.subarray(at, at + size);
    return { op: KD_FONT_OP_SET, width, height, charcount: count, data };
  };
  if (file.length >= 4 && view.getUint16(0, true) === 0x0436)
    return font(8, file[3] as number, ((file[2] as number) & 1) !== 0 ? 512 : 256, 4);
  if (file.length >= 32 && view.getUint32(0, true) === 0x864ab572)
    return font(
      view.getUint32(28, true),
      view.getUint32(24, true),
      view.getUint32(16, true),
      view.getUint32(8, true),
    );
  return file.length % 256 === 0 ? font(8, file.length / 256, 256, 0) : undefined;
}

function* put(p: Process, fd: number, file: Uint8Array): Steps<void> {
  yield* xioctl(
    p,
    fd,
    KDFONTOP,
    parseFont(file) ?? die("input file: bad length or unsupported font type"),
  );
}

function* loadfontMain(p: Process): Steps<number> {
  getopt(p, "", { max: 0 });
  const fd = yield* consoleOrDie(p);
  yield* put(p, fd, yield* readAll(p.sys, 0, FONT_MAX));
  return 0;
}

export const loadfont: Applet = {
  name: "loadfont",
  path: "/usr/sbin/loadfont",
  usage: "< FONT\n\nGive the console the font that stdin has\n",
  main: loadfontMain,
};

function* readOrDie(p: Process, name: string): Steps<Uint8Array> {
  try {
    return yield* readAll(p.sys, yield* settle(open(p.sys, name, O_RDONLY)), FONT_MAX);
  } catch (e) {
    return dieErrno(name, e);
  }
}

function* setfontMain(p: Process): Steps<number> {
  const opt = getopt(p, "m:C:", { min: 1, max: 1 });
  const fd = yield* openDevice(p, opt.get("C") ?? "/dev/tty", O_WRONLY);
  yield* put(p, fd, yield* readOrDie(p, opt.operands[0] as string));
  const map = opt.get("m");
  if (map === undefined) return 0;
  const file = yield* readOrDie(p, map);
  if (file.length !== MAP_SIZE && file.length !== 2 * MAP_SIZE) die("bad length of screen map");
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const codes = Array.from({ length: MAP_SIZE }, (_, i) =>
    file.length === MAP_SIZE ? (file[i] as number) : view.getUint16(2 * i, true),
  );
  yield* xioctl(p, fd, PIO_UNISCRNMAP, codes);
  return 0;
}

export const setfont: Applet = {
  name: "setfont",
  path: "/usr/sbin/setfont",
  usage: `[-m MAPFILE] [-C TTY] FILE

Give a console the font of FILE

	-m MAPFILE	And this map from bytes to characters
	-C TTY		The console (default: /dev/tty)
`,
  main: setfontMain,
};

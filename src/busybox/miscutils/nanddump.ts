// nanddump, nandwrite: flash memory (nanddump(8), nandwrite(8), mtd-abi.h)
import { O_CREAT, O_RDONLY, O_RDWR, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { concat } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";

const MEMGETINFO = 0x80204d01;
const MEMGETBADBLOCK = 0x40084d0b;
const MTDFILEMODE = 0x4d13;
const MTD_MODE_RAW = 3;

interface Flash {
  size: number;
  erasesize: number;
  writesize: number;
}

function address(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const n = /^(0[xX][0-9a-fA-F]+|[0-9]+)$/.test(text) ? Number(text) : Number.NaN;
  return n <= 0xffffffff ? n : die(`invalid number '${text}'`);
}

function* dumpMain(p: Process): Steps<number> {
  const opt = getopt(p, "nos:f:l:", { long: { bb: "bb:" }, min: 1, max: 1 });
  const { sys } = p;
  const fd = yield* openDevice(p, opt.operands[0] as string, O_RDONLY);
  const flash = (yield* xioctl(p, fd, MEMGETINFO)) as Flash;
  const method = opt.get("bb") ?? "padbad";
  if (method !== "padbad" && method !== "skipbad") p.usageError();
  const start = address(opt.get("s"), 0);
  const end = Math.min(flash.size, start + address(opt.get("l"), flash.size));
  if (start % flash.writesize !== 0) die("start address must be page aligned");
  const file = opt.get("f") ?? "-";
  const to = file === "-" ? 1 : yield* openDevice(p, file, O_WRONLY | O_CREAT | O_TRUNC);
  if (opt.has("n")) yield* xioctl(p, fd, MTDFILEMODE, MTD_MODE_RAW);
  for (let at = start; at < end; at += flash.writesize) {
    const bad = yield* xioctl(p, fd, MEMGETBADBLOCK, at - (at % flash.erasesize));
    if (bad !== 0 && method === "skipbad") continue;
    const page =
      bad !== 0
        ? new Uint8Array(flash.writesize).fill(0xff)
        : yield* settle(sys.pread(fd, flash.writesize, at));
    yield* writeAll(sys, to, page.subarray(0, end - at));
  }
  return 0;
}

export const nanddump: Applet = {
  name: "nanddump",
  path: "/usr/sbin/nanddump",
  usage: `[-n] [--bb=padbad|skipbad] [-s ADDR] [-l LEN] [-f FILE] MTD_DEVICE

Copy flash memory

	-n	Without correcting errors
	-s ADDR	From there
	-l LEN	So many bytes
	-f FILE	Into FILE
	--bb=padbad	Bad blocks as 0xff (the default)
	--bb=skipbad	Bad blocks not at all
`,
  main: dumpMain,
};

function* writeMain(p: Process): Steps<number> {
  const opt = getopt(p, "pns:", { min: 1, max: 2 });
  const [device = "", file] = opt.operands;
  const { sys } = p;
  const from = file === undefined ? 0 : yield* openDevice(p, file, O_RDONLY);
  const fd = yield* openDevice(p, device, O_RDWR);
  const flash = (yield* xioctl(p, fd, MEMGETINFO)) as Flash;
  let at = address(opt.get("s"), 0);
  if (at % flash.writesize !== 0) die("start address must be page aligned");
  if (opt.has("n")) yield* xioctl(p, fd, MTDFILEMODE, MTD_MODE_RAW);
  let held = new Uint8Array(0);
  for (;;) {
    const chunk = yield* settle(sys.read(from, flash.writesize - held.length));
    held = new Uint8Array(concat([held, chunk]));
    if (held.length === 0) return 0;
    if (chunk.length > 0 && held.length < flash.writesize) continue;
    if (held.length < flash.writesize) {
      if (!opt.has("p")) die("input length not page aligned, try -p");
      held = new Uint8Array(
        concat([held, new Uint8Array(flash.writesize - held.length).fill(0xff)]),
      );
    }
    while (
      at < flash.size &&
      (yield* xioctl(p, fd, MEMGETBADBLOCK, at - (at % flash.erasesize))) !== 0
    )
      at += flash.erasesize;
    if (at >= flash.size) die("not enough space in MTD device");
    yield* settle(sys.pwrite(fd, held, at));
    at += flash.writesize;
    held = new Uint8Array(0);
    if (chunk.length === 0) return 0;
  }
}

export const nandwrite: Applet = {
  name: "nandwrite",
  path: "/usr/sbin/nandwrite",
  usage: `[-np] [-s ADDR] MTD_DEVICE [FILE]

Write FILE, or stdin, to flash memory

	-n	Without what corrects errors
	-p	Fill up the last page
	-s ADDR	From there on
`,
  main: writeMain,
};

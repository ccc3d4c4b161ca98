// blockdev, partprobe, blkdiscard, fdflush, raidautorun: single requests to block devices (blockdev(8), blkdiscard(8))
import {
  BLKBSZGET,
  BLKBSZSET,
  BLKDISCARD,
  BLKFLSBUF,
  BLKGETSIZE64,
  BLKRAGET,
  BLKRASET,
  BLKROGET,
  BLKROSET,
  BLKRRPART,
  BLKSECDISCARD,
  BLKSSZGET,
} from "../../abi/block.ts";
import { O_EXCL, O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";
import { xatou } from "../libbb/numbers.ts";

/** FDFLUSH of linux/fd.h and RAID_AUTORUN of linux/raid/md_u.h. */
const FDFLUSH = 0x24b;
const RAID_AUTORUN = 0x914;

interface Request {
  name: string;
  ioctl: number;
  /** Takes a number from the command line, or always has this one. */
  argument?: "number" | number;
  prints?: boolean;
  /** What the number is divided by. */
  unit?: number;
}

const REQUESTS: readonly Request[] = [
  { name: "setro", ioctl: BLKROSET, argument: 1 },
  { name: "setrw", ioctl: BLKROSET, argument: 0 },
  { name: "getro", ioctl: BLKROGET, prints: true },
  { name: "getss", ioctl: BLKSSZGET, prints: true },
  { name: "getbsz", ioctl: BLKBSZGET, prints: true },
  { name: "setbsz", ioctl: BLKBSZSET, argument: "number" },
  { name: "getsz", ioctl: BLKGETSIZE64, prints: true, unit: 512 },
  { name: "getsize64", ioctl: BLKGETSIZE64, prints: true },
  { name: "getra", ioctl: BLKRAGET, prints: true },
  { name: "setra", ioctl: BLKRASET, argument: "number" },
  { name: "flushbufs", ioctl: BLKFLSBUF },
  { name: "rereadpt", ioctl: BLKRRPART },
];

function* blockdevMain(p: Process): Steps<number> {
  const [, option = "", ...rest] = p.argv;
  const request = REQUESTS.find(({ name }) => option === `--${name}`);
  if (request === undefined) return p.usageError();
  let argument: number | undefined;
  if (request.argument === "number") {
    const text = rest.shift();
    if (text === undefined) return p.usageError();
    argument = xatou(text);
  } else argument = request.argument;
  const [device, ...more] = rest;
  if (device === undefined || more.length > 0) return p.usageError();
  const fd = yield* openDevice(p, device, O_RDONLY);
  let value: number;
  try {
    value = Number(yield* settle(p.sys.ioctl(fd, request.ioctl, argument)));
  } catch (e) {
    return dieErrno(device, e);
  }
  if (request.prints === true) {
    const w = p.stdout.puts(`${Math.floor(value / (request.unit ?? 1))}\n`);
    if (w) yield* w;
  }
  return 0;
}

export const blockdev: Applet = {
  name: "blockdev",
  path: "/sbin/blockdev",
  usage: `OPTION BLOCKDEV

	--setro		Make it read-only
	--setrw		Make it writable
	--getro		Is it read-only?
	--getss		Print the size of sectors
	--getbsz	Print the size of blocks
	--setbsz BYTES	Set the size of blocks
	--getsz		Print its size in sectors of 512 bytes
	--getsize64	Print its size in bytes
	--getra		Print how far it reads ahead, in sectors of 512 bytes
	--setra SECTORS	Set how far it reads ahead
	--flushbufs	Write what is buffered
	--rereadpt	Look at the partition table again
`,
  main: blockdevMain,
};

function* partprobeMain(p: Process): Steps<number> {
  const opt = getopt(p, "", { min: 1 });
  for (const device of opt.operands) {
    const fd = yield* openDevice(p, device, O_RDONLY);
    try {
      yield* settle(p.sys.ioctl(fd, BLKRRPART));
    } catch (e) {
      dieErrno(device, e);
    }
    p.sys.close(fd);
  }
  return 0;
}

export const partprobe: Applet = {
  name: "partprobe",
  path: "/usr/sbin/partprobe",
  usage: "DEVICE...\n\nLet the kernel look at partition tables again\n",
  main: partprobeMain,
};

function* blkdiscardMain(p: Process): Steps<number> {
  const opt = getopt(p, "o:l:sf", { min: 1, max: 1 });
  const [device = ""] = opt.operands;
  const [offset, length] = ["o", "l"].map((key) =>
    opt.has(key) ? xatou(opt.get(key) as string, SIZES) : undefined,
  );
  const exclusive = opt.has("f") ? 0 : O_EXCL;
  const fd = yield* openDevice(p, device, O_WRONLY | exclusive);
  const start = offset ?? 0;
  const size = Number(yield* xioctl(p, fd, BLKGETSIZE64));
  const [name, request] = opt.has("s")
    ? ["BLKSECDISCARD", BLKSECDISCARD]
    : ["BLKDISCARD", BLKDISCARD];
  try {
    yield* settle(p.sys.ioctl(fd, request as number, [start, length ?? size - start]));
  } catch (e) {
    dieErrno(`${device}: ${name} failed`, e);
  }
  return 0;
}

const SIZES: readonly (readonly [string, number])[] = [
  ["b", 512],
  ["k", 1024],
  ["K", 1024],
  ["m", 1024 ** 2],
  ["M", 1024 ** 2],
  ["G", 1024 ** 3],
  ["T", 1024 ** 4],
];

export const blkdiscard: Applet = {
  name: "blkdiscard",
  path: "/usr/bin/blkdiscard",
  usage: `[-o OFS] [-l LEN] [-sf] DEVICE

Throw away what DEVICE holds

	-o OFS	From this byte on
	-l LEN	So many bytes
	-s	So that it cannot be brought back
	-f	Even if it is in use
`,
  main: blkdiscardMain,
};

function* fdflushMain(p: Process): Steps<number> {
  const [, device] = p.argv;
  if (device === undefined) return p.usageError();
  const fd = yield* openDevice(p, device, O_RDWR);
  try {
    yield* settle(p.sys.ioctl(fd, FDFLUSH));
  } catch (e) {
    dieErrno(device, e);
  }
  return 0;
}

export const fdflush: Applet = {
  name: "fdflush",
  path: "/bin/fdflush",
  usage: "DEVICE\n\nLet a floppy drive look whether its disk was changed\n",
  main: fdflushMain,
};

function* raidautorunMain(p: Process): Steps<number> {
  const [, device, ...more] = p.argv;
  if (device === undefined || more.length > 0) return p.usageError();
  const fd = yield* openDevice(p, device, O_RDONLY | O_NONBLOCK);
  yield* xioctl(p, fd, RAID_AUTORUN);
  return 0;
}

export const raidautorun: Applet = {
  name: "raidautorun",
  path: "/sbin/raidautorun",
  usage: "DEVICE\n\nLet the kernel find and start RAID arrays\n",
  main: raidautorunMain,
};

// eject, volname, fstrim, rdev: requests to drives and mounted file systems (eject(1), fstrim(8), rdev(8))
import { CDROM_DRIVE_STATUS, CDROMCLOSETRAY, CDROMEJECT, FITRIM } from "../../abi/block.ts";
import { Errno } from "../../abi/errno.ts";
import { O_NONBLOCK, O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { blockNodes } from "../../libc/blkid.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice } from "../libbb/device.ts";
import { BKM, type Suffixes, xatou } from "../libbb/numbers.ts";

const CDROM = "/dev/cdrom";
const CDS_TRAY_OPEN = 2;
/** Start of an ISO 9660 volume's name. */
const NAME_AT = 32808;
const NAME_BYTES = 32;

function* ejectMain(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "tTs", { max: 1 });
  const device = opt.operands[0] ?? CDROM;
  const fd = yield* openDevice(p, device, O_RDONLY | O_NONBLOCK);
  let request = CDROMEJECT;
  try {
    if (opt.has("t")) request = CDROMCLOSETRAY;
    else if (opt.has("T")) {
      const state = yield* settle(sys.ioctl(fd, CDROM_DRIVE_STATUS));
      if (state === CDS_TRAY_OPEN) request = CDROMCLOSETRAY;
    }
    yield* settle(sys.ioctl(fd, request));
  } catch (e) {
    return dieErrno(device, e);
  }
  return 0;
}

export const eject: Applet = {
  name: "eject",
  path: "/usr/bin/eject",
  usage: `[-t] [-T] [DEVICE]

Put out the medium of DEVICE (/dev/cdrom)

	-s	It is a SCSI device
	-t	Close the tray
	-T	Open it or close it
`,
  main: ejectMain,
};

function* volnameMain(p: Process): Steps<number> {
  const opt = getopt(p, "", { max: 1 });
  const fd = yield* openDevice(p, opt.operands[0] ?? CDROM, O_RDONLY);
  const chunk = yield* settle(p.sys.pread(fd, NAME_BYTES, NAME_AT));
  const name = strOf(chunk).split("\0", 1)[0] as string;
  const w = p.stdout.puts(`${name.padStart(NAME_BYTES)}\n`);
  if (w) yield* w;
  return 0;
}

export const volname: Applet = {
  name: "volname",
  path: "/usr/bin/volname",
  usage: "[DEVICE]\n\nPrint the name of the ISO 9660 volume in DEVICE (/dev/cdrom)\n",
  main: volnameMain,
};

function* fstrimMain(p: Process): Steps<number> {
  const opt = getopt(p, "o:l:m:v", {
    min: 1,
    max: 1,
    long: { offset: "o", length: "l", minimum: "m", verbose: "v" },
  });
  const [dir = ""] = opt.operands;
  const suffixes: Suffixes = [...BKM, ["K", 1024], ["M", 1024 ** 2], ["G", 1024 ** 3]];
  const given = (key: string, otherwise: number): number =>
    opt.has(key) ? xatou(opt.get(key) as string, suffixes) : otherwise;
  const range = {
    start: given("o", 0),
    length: given("l", Number.MAX_SAFE_INTEGER),
    minlen: given("m", 0),
  };
  const fd = yield* openDevice(p, dir, O_RDONLY);
  let trimmed: number;
  try {
    trimmed = Number(yield* settle(p.sys.ioctl(fd, FITRIM, range)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(`ioctl 0x${FITRIM.toString(16)} failed: ${strerror(e)}`);
  }
  if (opt.has("v")) {
    const w = p.stdout.puts(`${dir}: ${trimmed} bytes trimmed\n`);
    if (w) yield* w;
  }
  return 0;
}

export const fstrim: Applet = {
  name: "fstrim",
  path: "/sbin/fstrim",
  usage: `[OPTIONS] MOUNTPOINT

Tell the disk which of its blocks are free

	-o OFFSET	From this byte on
	-l LEN		So many bytes
	-m MIN		Only pieces that are as large
	-v		Print how much it was
`,
  main: fstrimMain,
};

function* rdevMain(p: Process): Steps<number> {
  const { dev } = stat(p.sys, "/");
  const nodes = yield* blockNodes(p.sys);
  const device = nodes.get(dev);
  if (device === undefined) return 1;
  const w = p.stdout.puts(`${device} /\n`);
  if (w) yield* w;
  return 0;
}

export const rdev: Applet = {
  name: "rdev",
  path: "/usr/sbin/rdev",
  usage: "\n\nName the device that the root file system is on\n",
  main: rdevMain,
};

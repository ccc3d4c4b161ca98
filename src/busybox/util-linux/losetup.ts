// losetup: files as block devices (losetup(8), with BusyBox's options)
import { LO_FLAGS_PARTSCAN, LO_FLAGS_READ_ONLY, LOOP_SET_CAPACITY } from "../../abi/block.ts";
import { EBUSY, ENXIO, Errno } from "../../abi/errno.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { clearLoop, freeLoop, loopInfo, setLoop } from "../libbb/loop.ts";
import { xatou } from "../libbb/numbers.ts";

/** Devices that -a looks for. */
const MAX_LOOPS = 1024;

function* show(p: Process, device: string): Steps<boolean> {
  const info = yield* loopInfo(p.sys, device);
  if (info === undefined) return false;
  const w = p.stdout.puts(`${device}: ${info.offset} ${info.fileName}\n`);
  if (w) yield* w;
  return true;
}

function* showAll(p: Process): Steps<number> {
  for (let n = 0; n < MAX_LOOPS; n++) {
    const device = `/dev/loop${n}`;
    if (tryStat(p.sys, device) === undefined) break;
    try {
      yield* show(p, device);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  return 0;
}

function* reread(p: Process, device: string): Steps<number> {
  const fd = yield* settle(open(p.sys, device, O_RDONLY));
  try {
    yield* settle(p.sys.ioctl(fd, LOOP_SET_CAPACITY));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(`ioctl 0x${LOOP_SET_CAPACITY.toString(16)} failed: ${strerror(e)}`);
  }
  return 0;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "cdPo:far");
  const { operands } = opt;
  const [first = "", second] = operands;
  const modes = ["c", "d", "a", "f"].filter((each) => opt.has(each));
  const settings = opt.has("o") || opt.has("r") || opt.has("P");
  if (modes.length > 1) p.usageError();
  if (opt.has("a")) {
    if (operands.length > 0 || settings) p.usageError();
    return yield* showAll(p);
  }
  if (opt.has("c") || opt.has("d")) {
    if (operands.length !== 1 || settings) p.usageError();
    if (opt.has("c")) return yield* reread(p, first);
    try {
      yield* clearLoop(sys, first);
    } catch (e) {
      dieErrno(first, e);
    }
    return 0;
  }
  if (opt.has("f") && operands.length === 0) {
    if (settings) p.usageError();
    const w = p.stdout.puts(`${yield* freeLoop(sys)}\n`);
    if (w) yield* w;
    return 0;
  }
  if (operands.length !== (opt.has("f") ? 1 : 2)) {
    if (opt.has("f") || operands.length !== 1 || settings) p.usageError();
    try {
      if (!(yield* show(p, first))) dieErrno(first, ENXIO);
    } catch (e) {
      dieErrno(first, e);
    }
    return 0;
  }
  const offset = opt.has("o") ? xatou(opt.get("o") as string) : 0;
  const [device, file] = opt.has("f") ? [undefined, first] : [first, second as string];
  const flags = (opt.has("r") ? LO_FLAGS_READ_ONLY : 0) | (opt.has("P") ? LO_FLAGS_PARTSCAN : 0);
  try {
    const { fd } = yield* setLoop(sys, device, file, offset, flags);
    sys.close(fd);
  } catch (e) {
    // The original has no word for a device that is taken.
    if (e === EBUSY) die(file);
    dieErrno(file, e);
  }
  return 0;
}

export const losetup: Applet = {
  name: "losetup",
  path: "/sbin/losetup",
  usage: `[-rP] [-o OFS] {-f|LOOPDEV} FILE: let a device show a file
	losetup -c LOOPDEV: look at the size of its file again
	losetup -d LOOPDEV: take its file from it
	losetup -a: list devices with files
	losetup -f: name a device without a file

	-o OFS	Leave out the first OFS bytes of FILE
	-P	Look for partitions
	-r	Read-only
	-f	Take (or name) the next free device
`,
  main,
};

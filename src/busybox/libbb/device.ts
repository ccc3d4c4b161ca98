// Devices as BusyBox's smaller applets ask them: open or die, request or die, and finding a virtual console.
import { Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";

/** Asks a terminal which keyboard it has: only virtual consoles answer. */
const KDGKBTYPE = 0x4b33;
/** Where a virtual console may be found. */
const CONSOLES: readonly string[] = ["/dev/console", "/dev/tty0", "/dev/tty"];

/** Opens a device or ends the program: "prog: can't open 'PATH': why". */
export function* openDevice(p: Process, path: string, flags: number): Steps<number> {
  try {
    return yield* settle(open(p.sys, path, flags));
  } catch (e) {
    return dieErrno(`can't open '${path}'`, e);
  }
}

/** ioctl(2) that ends the program when it fails: "prog: ioctl 0x4b44 failed: why". */
export function* xioctl(p: Process, fd: number, request: number, arg?: unknown): Steps<unknown> {
  try {
    return yield* settle(p.sys.ioctl(fd, request, arg));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(`ioctl 0x${request.toString(16)} failed: ${strerror(e)}`);
  }
}

function* isConsole(p: Process, fd: number): Steps<boolean> {
  try {
    yield* settle(p.sys.ioctl(fd, KDGKBTYPE));
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return false;
  }
}

/** A descriptor of a virtual console; ends the program when there is none. */
export function* consoleOrDie(p: Process): Steps<number> {
  for (const path of CONSOLES)
    for (const mode of [O_RDWR, O_WRONLY, O_RDONLY]) {
      let fd: number;
      try {
        fd = yield* settle(open(p.sys, path, mode));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        continue;
      }
      if (yield* isConsole(p, fd)) return fd;
      p.sys.close(fd);
    }
  for (const fd of [0, 1, 2]) if (yield* isConsole(p, fd)) return fd;
  return die("can't open console");
}

// Loop devices for losetup, mount and umount (loop(4)).
import {
  LO_FLAGS_READ_ONLY,
  LOOP_CLR_FD,
  LOOP_CONFIGURE,
  LOOP_CTL_GET_FREE,
  LOOP_GET_STATUS64,
  LOOP_MAJOR,
  type LoopConfig,
  type LoopInfo,
} from "../../abi/block.ts";
import { EACCES, EBUSY, ENXIO, EROFS, Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { major } from "../../abi/stat.ts";
import { S_ISBLK } from "../../libc/stat.ts";
import { open, tryStat } from "../../libc/unistd.ts";

/** Somebody else may take a free device before we do: it is tried so often. */
const ATTEMPTS = 8;

/** True for the path of a loop device. */
export function isLoop(sys: Sys, path: string): boolean {
  const st = tryStat(sys, path);
  return st !== undefined && S_ISBLK(st.mode) && major(st.rdev) === LOOP_MAJOR;
}

/** The next device that has no file. */
export function* freeLoop(sys: Sys): Steps<string> {
  const fd = yield* settle(open(sys, "/dev/loop-control", O_RDWR));
  try {
    const number = yield* settle(sys.ioctl(fd, LOOP_CTL_GET_FREE));
    return `/dev/loop${number}`;
  } finally {
    sys.close(fd);
  }
}

/** What a device shows; undefined when it has no file. */
export function* loopInfo(sys: Sys, device: string): Steps<LoopInfo | undefined> {
  const fd = yield* settle(open(sys, device, O_RDONLY));
  try {
    return (yield* settle(sys.ioctl(fd, LOOP_GET_STATUS64))) as LoopInfo;
  } catch (e) {
    if (e === ENXIO) return undefined;
    throw e;
  } finally {
    sys.close(fd);
  }
}

/**
 * Gives a device (undefined: a free one) a file. The device is left open, so that one with
 * LO_FLAGS_AUTOCLEAR stays: the caller closes `fd`. Throws EBUSY when the device has a file.
 */
export function* setLoop(
  sys: Sys,
  device: string | undefined,
  file: string,
  offset: number,
  flags: number,
): Steps<{ device: string; fd: number }> {
  let readonly = (flags & LO_FLAGS_READ_ONLY) !== 0;
  let backing: number;
  try {
    backing = yield* settle(open(sys, file, readonly ? O_RDONLY : O_RDWR));
  } catch (e) {
    if (readonly || (e !== EROFS && e !== EACCES)) throw e;
    readonly = true;
    backing = yield* settle(open(sys, file, O_RDONLY));
  }
  const info = {
    offset,
    flags: (flags & ~LO_FLAGS_READ_ONLY) | (readonly ? LO_FLAGS_READ_ONLY : 0),
    fileName: file,
  };
  const config = { fd: backing, blockSize: 0, info } as unknown as LoopConfig;
  try {
    for (let attempt = 1; ; attempt++) {
      const name: string = device ?? (yield* freeLoop(sys));
      const fd = yield* settle(open(sys, name, readonly ? O_RDONLY : O_RDWR));
      try {
        yield* settle(sys.ioctl(fd, LOOP_CONFIGURE, config));
        return { device: name, fd };
      } catch (e) {
        sys.close(fd);
        if (e !== EBUSY || device !== undefined || attempt === ATTEMPTS) throw e;
      }
    }
  } finally {
    sys.close(backing);
  }
}

/** Takes the file from a device; throws ENXIO when it has none. */
export function* clearLoop(sys: Sys, device: string): Steps<void> {
  const fd = yield* settle(open(sys, device, O_RDONLY));
  try {
    yield* settle(sys.ioctl(fd, LOOP_CLR_FD));
  } finally {
    sys.close(fd);
  }
}

/** As {@link clearLoop} for umount: what cannot be done is no error. */
export function* freeLoopQuietly(sys: Sys, device: string): Steps<void> {
  try {
    yield* clearLoop(sys, device);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

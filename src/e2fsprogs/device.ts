// Disks and image files for lib/ext4, through system calls.
import { BLKDISCARD } from "../abi/block.ts";
import { EIO, Errno } from "../abi/errno.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
} from "../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys, settle } from "../abi/program.ts";
import type { ByteDevice } from "../lib/ext4/device.ts";
import { deviceSize } from "../libc/blkid.ts";
import { S_ISBLK } from "../libc/stat.ts";
import { open } from "../libc/unistd.ts";

/** Reads ahead so much: what is checked lies together. */
const PIECE = 65536;

/** How often a call on a disk or a file may give way to others before it is done. */
const TURNS = 8;

/** The result of a call on a disk or file: these never wait, they only want to give way to others. */
function atOnce<T>(result: Blocking<T>): T {
  if (!isSteps(result)) return result;
  for (let turn = 0; turn < TURNS; turn++) {
    const { done, value } = result.next(0);
    if (done === true) return value as T;
  }
  throw EIO;
}

/** An open device or file; who uses it for long calls sched_yield(2) now and then. */
export class DeviceFile implements ByteDevice {
  readonly size: number;
  readonly fd: number;
  readonly isBlock: boolean;
  readonly #sys: Sys;
  #ahead: Uint8Array = new Uint8Array(0);
  #aheadAt = 0;

  constructor(sys: Sys, fd: number, size: number, isBlock: boolean) {
    this.#sys = sys;
    this.fd = fd;
    this.size = size;
    this.isBlock = isBlock;
  }

  /** Opens it; a block device is taken for ourselves when it is to be written. */
  static *open(
    sys: Sys,
    path: string,
    write: boolean,
    exclusive: boolean = write,
  ): Steps<DeviceFile> {
    const block = S_ISBLK(sys.fstatat(-100, path, 0).mode);
    const flags = (write ? O_RDWR : O_RDONLY) | (exclusive && block ? O_EXCL : 0);
    const fd = yield* settle(open(sys, path, flags));
    return new DeviceFile(sys, fd, yield* deviceSize(sys, fd), block);
  }

  #pread(length: number, offset: number): Uint8Array {
    return atOnce(this.#sys.pread(this.fd, length, offset));
  }

  read(offset: number, length: number): Uint8Array {
    if (offset + length > this.size) throw EIO;
    if (length >= PIECE) return this.#whole(offset, length);
    const inside = offset - this.#aheadAt;
    if (inside < 0 || inside + length > this.#ahead.length) {
      this.#aheadAt = offset;
      this.#ahead = this.#whole(offset, Math.min(PIECE, this.size - offset));
      return this.#ahead.slice(0, length);
    }
    return this.#ahead.slice(inside, inside + length);
  }
  #whole(offset: number, length: number): Uint8Array {
    const first = this.#pread(length, offset);
    if (first.length === length) return first.slice();
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const chunk = this.#pread(length - done, offset + done);
      if (chunk.length === 0) throw EIO;
      out.set(chunk, done);
      done += chunk.length;
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#ahead = new Uint8Array(0);
    // The kernel may keep what it is given.
    const own = bytes.slice();
    for (let done = 0; done < own.length; ) {
      done += atOnce(this.#sys.pwrite(this.fd, own.subarray(done), offset + done));
    }
  }

  flush(): void {
    atOnce(this.#sys.fsync(this.fd));
  }

  /** Gives up what it holds; true when it reads as zeros then. */
  discard(): boolean {
    try {
      if (this.isBlock) {
        // What is read then is not said.
        atOnce(this.#sys.ioctl(this.fd, BLKDISCARD, [0, this.size]));
        return false;
      }
      this.#sys.fallocate(this.fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, this.size);
      return true;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      return false;
    }
  }

  close(): void {
    this.#sys.close(this.fd);
  }
}

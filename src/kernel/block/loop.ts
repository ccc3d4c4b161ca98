// Loop devices: a regular file as a disk (loop(4); Linux: drivers/block/loop.c).

import {
  LO_FLAGS_AUTOCLEAR,
  LO_FLAGS_DIRECT_IO,
  LO_FLAGS_PARTSCAN,
  LO_FLAGS_READ_ONLY,
  LO_NAME_SIZE,
  LOOP_CHANGE_FD,
  LOOP_CLR_FD,
  LOOP_CONFIGURE,
  LOOP_CTL_ADD,
  LOOP_CTL_GET_FREE,
  LOOP_CTL_REMOVE,
  LOOP_CTRL_MINOR,
  LOOP_GET_STATUS64,
  LOOP_MAJOR,
  LOOP_SET_BLOCK_SIZE,
  LOOP_SET_CAPACITY,
  LOOP_SET_DIRECT_IO,
  LOOP_SET_FD,
  LOOP_SET_STATUS64,
  type LoopConfig,
  type LoopInfo,
  MISC_MAJOR,
} from "../../abi/block.ts";
import {
  EBADF,
  EBUSY,
  EEXIST,
  EFAULT,
  EINVAL,
  EIO,
  ENODEV,
  ENOSPC,
  ENOTTY,
  ENXIO,
  EPERM,
  Errno,
} from "../../abi/errno.ts";
import { FALLOC_FL_KEEP_SIZE, FALLOC_FL_PUNCH_HOLE } from "../../abi/fcntl.ts";
import { type Blocking, isSteps } from "../../abi/program.ts";
import { S_IFBLK, S_IFMT, S_IFREG } from "../../abi/stat.ts";
import { File, type Path } from "../fs/file.ts";
import { pathName } from "../fs/namei.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { BlockDevice } from "./device.ts";
import { BlockFile, driverIoctls } from "./file.ts";
import { addDisk, announce, type Disk, disks, removeDisk } from "./genhd.ts";

/** There from the start, as on Alpine. */
const INITIAL_LOOPS = 8;
/** Numbers that may be asked for. */
const MAX_LOOPS = 256;
/** Loops upon loops, at most. */
const MAX_DEPTH = 8;

/** Calls of a file that must not wait: what cannot be had at once is an error of the disk. */
function atOnce<T>(result: Blocking<T>): T {
  if (isSteps<T>(result)) {
    result.return(undefined as T);
    throw EIO;
  }
  return result;
}

/** The part of a file that a loop device shows. */
class LoopStore implements BlockDevice {
  readonly file: File;
  readonly #task: Task;
  readonly offset: number;
  readonly sizelimit: number;
  readonly sectorSize: number;
  readonly readonly: boolean;
  readonly direct = true;
  #size = 0;

  constructor(
    file: File,
    task: Task,
    shape: { offset: number; sizelimit: number; sectorSize: number; readonly: boolean },
  ) {
    this.file = file;
    this.#task = task;
    this.offset = shape.offset;
    this.sizelimit = shape.sizelimit;
    this.sectorSize = shape.sectorSize;
    this.readonly = shape.readonly;
    this.measure();
  }

  get size(): number {
    return this.#size;
  }

  /** LOOP_SET_CAPACITY: the file may have grown. */
  measure(): void {
    const { inode } = this.file;
    const whole = inode.isRegular ? inode.stat().size : bdevSize(this.file);
    let size = Math.max(0, whole - this.offset);
    if (this.sizelimit > 0) size = Math.min(size, this.sizelimit);
    this.#size = size - (size % 512);
  }

  read(offset: number, length: number): Uint8Array {
    const out = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const chunk = atOnce(
        this.file.readAt(this.#task, this.offset + offset + done, length - done),
      );
      // The file was cut: what is missing reads as zeros.
      if (chunk.length === 0) break;
      out.set(chunk, done);
      done += chunk.length;
    }
    return out;
  }

  write(offset: number, bytes: Uint8Array): void {
    // The file keeps what it is given; the caller may change `bytes`.
    const kept = bytes.slice();
    for (let done = 0; done < kept.length; ) {
      const part = done === 0 ? kept : kept.subarray(done);
      const written = atOnce(this.file.writeAt(this.#task, this.offset + offset + done, part));
      if (written <= 0) throw ENOSPC;
      done += written;
    }
  }

  flush(): void {
    const steps = this.file.sync();
    if (isSteps(steps)) for (;;) if (steps.next(0).done === true) return;
  }

  discard(offset: number, length: number): void {
    const mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
    try {
      this.file.allocate(mode, this.offset + offset, length);
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
}

function bdevSize(file: File): number {
  return file instanceof BlockFile ? file.bdev.size : 0;
}

/** One loop device. */
class Loop {
  readonly number: number;
  readonly disk: Disk;
  readonly #kernel: Kernel;
  #info: LoopInfo | undefined;
  #store: LoopStore | undefined;
  /** LOOP_CLR_FD came while others had it open. */
  #clearLater = false;

  constructor(kernel: Kernel, number: number) {
    this.#kernel = kernel;
    this.number = number;
    this.disk = addDisk(kernel, {
      name: `loop${number}`,
      major: LOOP_MAJOR,
      minor: number,
      minors: 1,
      idle: () => {
        const autoclear = ((this.#info?.flags ?? 0) & LO_FLAGS_AUTOCLEAR) !== 0;
        if (this.#clearLater || autoclear) this.clear();
      },
    });
  }

  get bound(): boolean {
    return this.#store !== undefined;
  }
  /** Where the backing file is, for sysfs; with "(deleted)" as Linux shows it. */
  get backingFile(): string | undefined {
    const { file } = this.#store ?? {};
    return file === undefined ? undefined : pathName(file.path, this.#kernel.ns.root);
  }
  get info(): LoopInfo {
    if (this.#info === undefined) throw ENXIO;
    return this.#info;
  }

  bind(task: Task, opened: BlockFile, config: LoopConfig): void {
    if (this.bound) throw EBUSY;
    const { fd, info } = config;
    const file = task.fds.get(fd);
    const type = file.inode.mode & S_IFMT;
    if (type !== S_IFREG && type !== S_IFBLK) throw EINVAL;
    if (!file.readable) throw EBADF;
    if (depth(file) >= MAX_DEPTH) throw EINVAL;
    const blockSize = config.blockSize === 0 ? 512 : config.blockSize;
    if (![512, 1024, 2048, 4096].includes(blockSize)) throw EINVAL;
    mustBeShape(info);
    const readonly = !file.writable || !opened.writable || (info.flags & LO_FLAGS_READ_ONLY) !== 0;
    const { offset, sizelimit } = info;
    const store = new LoopStore(file.get(), task, {
      offset,
      sizelimit,
      sectorSize: blockSize,
      readonly,
    });
    this.#attach(store, {
      ...info,
      flags: (info.flags & ~LO_FLAGS_READ_ONLY) | (readonly ? LO_FLAGS_READ_ONLY : 0),
    });
  }

  #attach(store: LoopStore, info: LoopInfo): void {
    const stat = store.file.inode.stat();
    this.#store = store;
    this.#info = {
      ...info,
      device: stat.dev,
      inode: stat.ino,
      rdevice: stat.rdev,
      number: this.number,
      fileName: info.fileName.slice(0, LO_NAME_SIZE - 1),
    };
    this.#clearLater = false;
    this.disk.setMedium(store);
    this.disk.partitioned = (info.flags & LO_FLAGS_PARTSCAN) !== 0;
    announce(this.#kernel, this.disk.whole, "change");
    if (this.disk.partitioned) this.disk.rescan();
  }

  /** LOOP_SET_STATUS64: another part of the file, another name, other flags. */
  setStatus(task: Task, info: LoopInfo): void {
    const store = this.#store;
    if (store === undefined || this.#info === undefined) throw ENXIO;
    mustBeShape(info);
    const fixed = LO_FLAGS_READ_ONLY | LO_FLAGS_DIRECT_IO;
    const flags = (this.#info.flags & fixed) | (info.flags & ~fixed);
    if (info.offset === store.offset && info.sizelimit === store.sizelimit) {
      this.#info = { ...this.#info, flags, fileName: info.fileName.slice(0, LO_NAME_SIZE - 1) };
      const scan = (flags & LO_FLAGS_PARTSCAN) !== 0 && !this.disk.partitioned;
      this.disk.partitioned ||= scan;
      if (scan) this.disk.rescan();
      return;
    }
    const { offset, sizelimit } = info;
    const { sectorSize, readonly } = store;
    const moved = new LoopStore(store.file, task, { offset, sizelimit, sectorSize, readonly });
    this.#attach(moved, { ...info, flags });
  }

  measure(): void {
    if (this.#store === undefined) throw ENXIO;
    this.#store.measure();
  }

  /** LOOP_CLR_FD: now, or when the last other user closes it. */
  clearFd(): void {
    if (!this.bound) throw ENXIO;
    if (this.disk.users > 1) {
      this.#clearLater = true;
      return;
    }
    this.clear();
  }

  clear(): void {
    const store = this.#store;
    if (store === undefined) return;
    for (const number of [...this.disk.partitions.keys()]) this.disk.removePartition(number);
    this.disk.setMedium(undefined);
    this.disk.partitioned = false;
    this.#store = undefined;
    this.#info = undefined;
    this.#clearLater = false;
    store.file.put();
    announce(this.#kernel, this.disk.whole, "change");
  }
}

function mustBeShape(info: LoopInfo): void {
  const { offset, sizelimit } = info;
  for (const each of [offset, sizelimit]) if (!Number.isSafeInteger(each) || each < 0) throw EINVAL;
}

/** How many loop devices a file already lies on. */
function depth(file: File): number {
  const store = file instanceof BlockFile ? file.disk.device : undefined;
  return store instanceof LoopStore ? 1 + depth(store.file) : 0;
}

function loops(kernel: Kernel): Map<number, Loop> {
  return kernel.slot("loops", () => new Map<number, Loop>());
}

/** What a loop device shows, for sysfs; undefined when `disk` is none or has no file. */
export function loopBacking(
  kernel: Kernel,
  disk: Disk,
): { file: string; info: LoopInfo } | undefined {
  if (disk.major !== LOOP_MAJOR) return undefined;
  const loop = loops(kernel).get(disk.minor);
  if (loop?.backingFile === undefined) return undefined;
  return { file: loop.backingFile, info: loop.info };
}

function addLoop(kernel: Kernel, number: number): Loop {
  if (number < 0 || number >= MAX_LOOPS) throw ENOSPC;
  const loop = new Loop(kernel, number);
  loops(kernel).set(number, loop);
  return loop;
}

function emptyInfo(): LoopInfo {
  return {
    device: 0,
    inode: 0,
    rdevice: 0,
    offset: 0,
    sizelimit: 0,
    number: 0,
    flags: 0,
    fileName: "",
  };
}

function infoOf(arg: unknown): LoopInfo {
  if (typeof arg !== "object" || arg === null) throw EFAULT;
  return { ...emptyInfo(), ...(arg as Partial<LoopInfo>) };
}

/** The ioctls of a loop device; undefined for those that every disk has. */
function loopIoctl(
  task: Task,
  file: BlockFile,
  request: number,
  arg: unknown,
): { result: unknown } | undefined {
  if (file.bdev.partno !== 0) return undefined;
  const loop = loops(task.kernel).get(file.disk.minor);
  if (loop === undefined) return undefined;
  const mayChange = (): void => {
    if (!file.writable && task.cred.euid !== 0) throw EPERM;
  };
  switch (request) {
    case LOOP_SET_FD:
      loop.bind(task, file, { fd: Number(arg), blockSize: 0, info: emptyInfo() });
      return { result: 0 };
    case LOOP_CONFIGURE: {
      if (typeof arg !== "object" || arg === null) throw EFAULT;
      const config = arg as LoopConfig;
      loop.bind(task, file, { ...config, info: infoOf(config.info) });
      return { result: 0 };
    }
    case LOOP_CLR_FD:
      loop.clearFd();
      return { result: 0 };
    case LOOP_SET_STATUS64:
      mayChange();
      loop.setStatus(task, infoOf(arg));
      return { result: 0 };
    case LOOP_GET_STATUS64:
      return { result: { ...loop.info } };
    case LOOP_SET_CAPACITY:
      mayChange();
      loop.measure();
      return { result: 0 };
    case LOOP_CHANGE_FD:
    case LOOP_SET_DIRECT_IO:
    case LOOP_SET_BLOCK_SIZE:
      if (!loop.bound) throw ENXIO;
      throw EINVAL;
    default:
      return undefined;
  }
}

/** /dev/loop-control. */
class LoopControlFile extends File {
  override ioctl(task: Task, request: number, arg: unknown): number {
    const { kernel } = task;
    const all = loops(kernel);
    const number = Number(arg ?? -1);
    switch (request) {
      case LOOP_CTL_ADD: {
        if (task.cred.euid !== 0) throw EPERM;
        if (all.has(number)) throw Number.isInteger(number) ? EEXIST : EINVAL;
        if (number >= 0) return addLoop(kernel, number).number;
        return addLoop(kernel, firstMissing(all)).number;
      }
      case LOOP_CTL_REMOVE: {
        const loop = all.get(number);
        if (loop === undefined) throw ENODEV;
        if (loop.bound || loop.disk.users > 0) throw EBUSY;
        removeDisk(kernel, loop.disk);
        all.delete(number);
        return number;
      }
      case LOOP_CTL_GET_FREE: {
        for (const loop of [...all.values()].sort((a, b) => a.number - b.number)) {
          if (!loop.bound && loop.disk.users === 0) return loop.number;
        }
        return addLoop(kernel, firstMissing(all)).number;
      }
      default:
        throw ENOTTY;
    }
  }
}

function firstMissing(all: ReadonlyMap<number, unknown>): number {
  for (let number = 0; ; number++) if (!all.has(number)) return number;
}

/** loop0 to loop7 and /dev/loop-control; call before /dev is made. */
export function registerLoopDevices(kernel: Kernel): void {
  driverIoctls(kernel).set(LOOP_MAJOR, loopIoctl);
  kernel.devices.register(
    "c",
    MISC_MAJOR,
    LOOP_CTRL_MINOR,
    (_task: Task, path: Path, flags: number) => new LoopControlFile(path, flags),
  );
  if (disks(kernel).has("loop0")) return;
  for (let number = 0; number < INITIAL_LOOPS; number++) addLoop(kernel, number);
}

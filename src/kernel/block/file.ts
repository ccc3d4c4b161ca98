// Open block devices: bytes at any offset, and the ioctls of linux/fs.h (Linux: block/fops.c, block/ioctl.c).

import {
  BLKALIGNOFF,
  BLKBSZGET,
  BLKBSZSET,
  BLKDISCARD,
  BLKDISCARDZEROES,
  BLKFLSBUF,
  BLKFRAGET,
  BLKFRASET,
  BLKGETSIZE,
  BLKGETSIZE64,
  BLKIOMIN,
  BLKIOOPT,
  BLKPBSZGET,
  BLKPG,
  BLKPG_ADD_PARTITION,
  BLKPG_DEL_PARTITION,
  BLKPG_RESIZE_PARTITION,
  BLKRAGET,
  BLKRASET,
  BLKROGET,
  BLKROSET,
  BLKROTATIONAL,
  BLKRRPART,
  BLKSECDISCARD,
  BLKSECTGET,
  BLKSSZGET,
  BLKZEROOUT,
  type BlkPg,
  HDIO_GETGEO,
  type HdGeometry,
  LOOP_MAJOR,
} from "../../abi/block.ts";
import {
  EACCES,
  EBADF,
  EBUSY,
  EFAULT,
  EINVAL,
  ENOMEDIUM,
  ENOSPC,
  ENOTTY,
  ENXIO,
  EOPNOTSUPP,
  EROFS,
} from "../../abi/errno.ts";
import {
  FALLOC_FL_KEEP_SIZE,
  FALLOC_FL_PUNCH_HOLE,
  O_ACCMODE,
  O_DSYNC,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
} from "../../abi/fcntl.ts";
import type { Blocking } from "../../abi/program.ts";
import type { DeviceTable } from "../device.ts";
import { File, type Path } from "../fs/file.ts";
import { seekPosition } from "../fs/regular.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import { type Bdev, bdevOf, type Disk } from "./genhd.ts";

/** Most that one read gives; the caller gets less and asks again. */
const MAX_READ = 8 * 1024 * 1024;
const EMPTY = new Uint8Array(0);
/** Zeros are written in blocks of this size. */
const ZEROS = 65536;
/** Geometry that is told of every disk, as virtio has it. */
const HEADS = 16;
const SECTORS = 63;

/** Ioctls of a driver, before the common ones: undefined when it does not know the request. */
export type DriverIoctl = (
  task: Task,
  file: BlockFile,
  request: number,
  arg: unknown,
) => { result: Blocking<unknown> } | undefined;

/** The drivers' own ioctls, by major. */
export function driverIoctls(kernel: Kernel): Map<number, DriverIoctl> {
  return kernel.slot("block-ioctls", () => new Map<number, DriverIoctl>());
}

function mustAdmin(task: Task): void {
  if (task.cred.euid !== 0) throw EACCES;
}

function pair(arg: unknown): [start: number, length: number] {
  if (!Array.isArray(arg)) throw EFAULT;
  const [start, length] = arg as [unknown, unknown];
  if (typeof start !== "number" || typeof length !== "number") throw EFAULT;
  if (!(start >= 0 && length >= 0 && start + length <= Number.MAX_SAFE_INTEGER)) throw EINVAL;
  return [start, length];
}

/** A descriptor's view of a disk or partition. */
export class BlockFile extends File {
  readonly bdev: Bdev;
  readonly #exclusive: boolean;
  /** BLKBSZSET: only programs look at it. */
  #blockSize: number;

  constructor(path: Path, flags: number, bdev: Bdev, exclusive: boolean) {
    super(path, flags);
    this.bdev = bdev;
    this.#exclusive = exclusive;
    let blockSize = bdev.sectorSize;
    while (blockSize < 4096 && bdev.size % (blockSize * 2) === 0) blockSize *= 2;
    this.#blockSize = blockSize;
    bdev.open();
  }

  get disk(): Disk {
    return this.bdev.disk;
  }

  protected override release(): void {
    if (this.#exclusive) this.bdev.unclaim(this);
    this.bdev.close();
  }

  override readAt(_task: Task, pos: number, max: number): Uint8Array {
    const left = this.bdev.size - pos;
    if (left <= 0 || max === 0) return EMPTY;
    return this.bdev.read(pos, Math.min(max, left, MAX_READ));
  }

  override write(task: Task, bytes: Uint8Array): number {
    const written = this.writeAt(task, this.pos, bytes);
    this.pos += written;
    return written;
  }

  override writeAt(_task: Task, pos: number, bytes: Uint8Array): number {
    const { bdev } = this;
    if (bdev.readonly) throw EROFS;
    if (bytes.length === 0) return 0;
    const left = bdev.size - pos;
    if (left <= 0) throw ENOSPC;
    const part = bytes.length > left ? bytes.subarray(0, left) : bytes;
    bdev.write(pos, part);
    // O_SYNC contains O_DSYNC.
    if ((this.flags & O_DSYNC) !== 0) bdev.flush();
    return part.length;
  }

  override seek(offset: number, whence: number): number {
    const { size } = this.bdev;
    const target = seekPosition(this.pos, size, offset, whence);
    if (target > size) throw EINVAL;
    this.pos = target;
    return target;
  }

  override sync(): Blocking<void> {
    this.bdev.flush();
  }

  override allocate(mode: number, offset: number, length: number): void {
    if (mode !== (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE)) throw EOPNOTSUPP;
    this.#mustFit(offset, length);
    this.#zero(offset, length);
  }

  #mustFit(start: number, length: number): void {
    const sector = this.bdev.sectorSize;
    if (start % sector !== 0 || length % sector !== 0) throw EINVAL;
    if (length === 0 || start + length > this.bdev.size) throw EINVAL;
  }

  #zero(start: number, length: number): void {
    const zeros = new Uint8Array(Math.min(ZEROS, length));
    for (let done = 0; done < length; done += zeros.length) {
      this.bdev.write(start + done, zeros.subarray(0, Math.min(zeros.length, length - done)));
    }
  }

  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    const own = driverIoctls(task.kernel).get(this.disk.major)?.(task, this, request, arg);
    if (own !== undefined) return own.result;
    const { bdev } = this;
    switch (request) {
      case BLKGETSIZE64:
        return bdev.size;
      case BLKGETSIZE:
        return Math.floor(bdev.size / 512);
      case BLKSSZGET:
        return bdev.sectorSize;
      case BLKPBSZGET:
      case BLKIOMIN:
        return bdev.sectorSize;
      case BLKIOOPT:
      case BLKALIGNOFF:
      case BLKDISCARDZEROES:
      case BLKROTATIONAL:
        return 0;
      case BLKSECTGET:
        return 2560;
      case BLKBSZGET:
        return this.#blockSize;
      case BLKBSZSET: {
        const size = Number(arg);
        if (!(size >= 512 && size <= 4096 && (size & (size - 1)) === 0)) throw EINVAL;
        if (size < bdev.sectorSize) throw EINVAL;
        this.#blockSize = size;
        return 0;
      }
      case BLKRAGET:
      case BLKFRAGET:
        return this.disk.readAhead;
      case BLKRASET:
      case BLKFRASET:
        mustAdmin(task);
        this.disk.readAhead = Number(arg) >>> 0;
        return 0;
      case BLKROGET:
        return bdev.readonly ? 1 : 0;
      case BLKROSET:
        mustAdmin(task);
        bdev.setReadonly(Number(arg) !== 0);
        return 0;
      case BLKFLSBUF:
        mustAdmin(task);
        this.disk.cache?.writeBack();
        if (this.disk.users === 1) this.disk.cache?.invalidate();
        return 0;
      case BLKDISCARD:
      case BLKSECDISCARD:
      case BLKZEROOUT:
        return this.#range(request, arg);
      case BLKRRPART:
        mustAdmin(task);
        if (bdev.partno !== 0 || !this.disk.partitioned) throw EINVAL;
        this.disk.rescan();
        return 0;
      case BLKPG:
        mustAdmin(task);
        this.#partition(arg as BlkPg);
        return 0;
      case HDIO_GETGEO:
        return {
          heads: HEADS,
          sectors: SECTORS,
          cylinders: Math.floor(bdev.disk.sizeBytes() / 512 / HEADS / SECTORS) & 0xffff,
          start: bdev.start / 512,
        } satisfies HdGeometry;
      default:
        // The loop driver answers so to what it does not know.
        throw this.disk.major === LOOP_MAJOR ? EINVAL : ENOTTY;
    }
  }

  #range(request: number, arg: unknown): number {
    const [start, length] = pair(arg);
    if ((this.flags & O_ACCMODE) === O_RDONLY) throw EBADF;
    if (this.bdev.readonly) throw EROFS;
    this.#mustFit(start, length);
    if (request === BLKZEROOUT) this.#zero(start, length);
    else if (request === BLKSECDISCARD || !this.bdev.canDiscard) throw EOPNOTSUPP;
    else this.bdev.discard(start, length);
    return 0;
  }

  #partition(arg: BlkPg | undefined): void {
    if (typeof arg !== "object" || arg === null) throw EFAULT;
    const { disk, bdev } = this;
    if (bdev.partno !== 0) throw EINVAL;
    const { op, pno, start, length } = arg;
    if (op === BLKPG_DEL_PARTITION) {
      if (!disk.partitions.has(pno)) throw ENXIO;
      disk.removePartition(pno);
      return;
    }
    if (start < 0 || length <= 0 || start + length > disk.sizeBytes()) throw EINVAL;
    for (const other of disk.partitions.values()) {
      if (other.partno === pno && op === BLKPG_RESIZE_PARTITION) continue;
      if (start < other.start + other.size && other.start < start + length) throw EBUSY;
    }
    if (op === BLKPG_ADD_PARTITION) disk.addPartition({ number: pno, start, length });
    else if (op === BLKPG_RESIZE_PARTITION) {
      const part = disk.partitions.get(pno);
      if (part === undefined) throw ENXIO;
      if (part.start !== start) throw EINVAL;
      part.resize(length);
    } else throw EINVAL;
  }
}

/** Opens the device of a block node (open(2) with its O_EXCL still in `flags`). */
function openBlock(task: Task, path: Path, flags: number, rdev: number): File {
  const bdev = bdevOf(task.kernel, rdev);
  if (bdev === undefined) throw ENXIO;
  // A drive opens without a medium when it need not read it (O_NONBLOCK), loop devices always.
  if (bdev.disk.device === undefined && bdev.disk.removable && (flags & O_NONBLOCK) === 0) {
    throw ENOMEDIUM;
  }
  if ((flags & O_ACCMODE) !== O_RDONLY && bdev.disk.device?.readonly === true) {
    if (bdev.disk.removable) throw EROFS;
  }
  const exclusive = (flags & O_EXCL) !== 0;
  const file = new BlockFile(path, flags & ~O_EXCL, bdev, exclusive);
  if (exclusive) {
    try {
      bdev.claim(file);
    } catch (error) {
      file.put();
      throw error;
    }
  }
  return file;
}

/** Makes block nodes open what has their number. */
export function registerBlockDevices(devices: DeviceTable, majors: readonly number[]): void {
  for (const major of majors) devices.register("b", major, undefined, openBlock);
}

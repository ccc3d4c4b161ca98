// Disks and their partitions: the list that /dev, /proc/partitions and /sys/block show (Linux: block/genhd.c, bdev.c).

import { BLOCK_EXT_MAJOR } from "../../abi/block.ts";
import { EBUSY, EINVAL, EIO, ENOMEDIUM, ENOSPC, EROFS, Errno } from "../../abi/errno.ts";
import { isSteps } from "../../abi/program.ts";
import { makedev } from "../../abi/stat.ts";
import type { SuperBlock } from "../fs/inode.ts";
import type { Kernel } from "../kernel.ts";
import { BlockCache } from "./cache.ts";
import type { BlockDevice } from "./device.ts";
import { type PartitionEntry, scanPartitions } from "./partitions.ts";

/** Partitions of one disk, at most. */
const MAX_PARTITIONS = 128;
const SECTOR = 512;

/** What /proc/diskstats counts; sectors of 512 bytes. */
export interface BlockStats {
  reads: number;
  readSectors: number;
  writes: number;
  writeSectors: number;
  discards: number;
  discardSectors: number;
  flushes: number;
}

/**
 * A whole disk or one partition of it (Linux: struct block_device). All that read and write it, open
 * files and a mounted file system, go through the disk's one cache.
 */
export class Bdev implements BlockDevice {
  readonly disk: Disk;
  /** 0: the whole disk. */
  readonly partno: number;
  /** Name below /dev: "vda", "vda1", "loop0p1". */
  readonly name: string;
  readonly rdev: number;
  /** First byte on the disk. */
  readonly start: number;
  /** What the partition table says of it. */
  readonly entry: PartitionEntry | undefined;
  #length: number;
  #readonly = false;
  /** Open descriptions, mounts and swap areas. */
  openers = 0;
  /** Who has it for himself: a mounted file system, a swap area, an open description with O_EXCL. */
  #holder: object | undefined;
  #claims = 0;
  /** The file system that is mounted from it. */
  superBlock: SuperBlock | undefined;
  readonly stats: BlockStats = {
    reads: 0,
    readSectors: 0,
    writes: 0,
    writeSectors: 0,
    discards: 0,
    discardSectors: 0,
    flushes: 0,
  };

  constructor(disk: Disk, partno: number, rdev: number, entry?: PartitionEntry) {
    this.disk = disk;
    this.partno = partno;
    this.rdev = rdev;
    this.name = partno === 0 ? disk.name : partitionName(disk.name, partno);
    this.entry = entry;
    this.start = entry?.start ?? 0;
    this.#length = entry?.length ?? 0;
  }

  /** Bytes; 0 without a medium. */
  get size(): number {
    const whole = this.disk.device?.size ?? 0;
    return this.partno === 0 ? whole : Math.max(0, Math.min(this.#length, whole - this.start));
  }
  /** BLKPG_RESIZE_PARTITION. */
  resize(length: number): void {
    this.#length = length;
  }
  get sectorSize(): number {
    return this.disk.device?.sectorSize ?? SECTOR;
  }
  get readonly(): boolean {
    const { device, whole } = this.disk;
    return this.#readonly || whole.#readonly || device?.readonly === true;
  }
  /** BLKROSET: the device's own write protection stays. */
  setReadonly(readonly: boolean): void {
    this.#readonly = readonly;
  }

  #cache(): BlockCache {
    const { cache } = this.disk;
    if (cache === undefined) throw ENOMEDIUM;
    return cache;
  }

  /** Exactly `length` bytes that the caller may change; EIO beyond the end. */
  read(offset: number, length: number): Uint8Array {
    const cache = this.#cache();
    if (offset < 0 || length < 0 || offset + length > this.size) throw EIO;
    if (length === 0) return new Uint8Array(0);
    this.stats.reads++;
    this.stats.readSectors += Math.ceil(length / SECTOR);
    return cache.read(this.start + offset, length);
  }

  /** ENOSPC beyond the end, EROFS when write-protected. `bytes` may be changed afterwards. */
  write(offset: number, bytes: Uint8Array): void {
    const cache = this.#cache();
    if (this.readonly) throw EROFS;
    if (offset < 0 || offset + bytes.length > this.size) throw ENOSPC;
    if (bytes.length === 0) return;
    this.stats.writes++;
    this.stats.writeSectors += Math.ceil(bytes.length / SECTOR);
    cache.write(this.start + offset, bytes);
  }

  /** A barrier: everything written before, by anybody, is stable when it returns. */
  flush(): void {
    this.stats.flushes++;
    this.disk.cache?.flush();
  }

  discard(offset: number, length: number): void {
    const cache = this.#cache();
    if (this.readonly) throw EROFS;
    if (offset < 0 || length < 0 || offset + length > this.size) throw EINVAL;
    this.stats.discards++;
    this.stats.discardSectors += Math.ceil(length / SECTOR);
    cache.discard(this.start + offset, length);
  }

  /** The disk gives space back (FITRIM is worth while). */
  get canDiscard(): boolean {
    return this.disk.device?.discard !== undefined;
  }

  get holder(): object | undefined {
    return this.#holder;
  }

  /** One more user; the cache lives as long as there is one. */
  open(): void {
    this.openers++;
    this.disk.users++;
  }
  close(): void {
    this.openers--;
    if (--this.disk.users === 0) this.disk.idle();
  }

  /** Takes it for `holder` alone: EBUSY when it, its whole disk or one of its partitions is somebody else's. */
  claim(holder: object): void {
    const { whole, partitions } = this.disk;
    if (this.#holder !== undefined && this.#holder !== holder) throw EBUSY;
    if (this.partno === 0) {
      for (const part of partitions.values()) if (part.#holder !== undefined) throw EBUSY;
    } else if (whole.#holder !== undefined) throw EBUSY;
    this.#holder = holder;
    this.#claims++;
  }
  unclaim(holder: object): void {
    if (this.#holder !== holder || --this.#claims > 0) return;
    this.#holder = undefined;
  }
}

/** "vda1", but "loop0p1": a digit at the end of the disk's name wants a "p". */
export function partitionName(disk: string, partno: number): string {
  return /\d$/.test(disk) ? `${disk}p${partno}` : `${disk}${partno}`;
}

/** How a disk appears. */
export interface DiskOptions {
  name: string;
  major: number;
  /** Minor of the whole disk. */
  minor: number;
  /** Minors it has, for itself and its partitions; partitions beyond get numbers of major 259. */
  minors: number;
  /** Undefined: no medium, or a loop device without a file. */
  device?: BlockDevice | undefined;
  removable?: boolean;
  /** The partition table is looked at (not: sr0, loop devices unless asked). */
  partitioned?: boolean;
  /** Where it stands in /sys/devices, up to before "/block/NAME"; default "virtual". */
  parent?: string;
  /** Attributes of /sys/block/NAME/device; undefined: it has none. */
  attributes?: Readonly<Record<string, string>>;
  /** Nobody uses it any more. */
  idle?: () => void;
}

/** A disk (Linux: struct gendisk). */
export class Disk {
  readonly kernel: Kernel;
  readonly name: string;
  readonly major: number;
  readonly minor: number;
  readonly minors: number;
  readonly removable: boolean;
  partitioned: boolean;
  readonly parent: string;
  readonly attributes: Readonly<Record<string, string>> | undefined;
  readonly whole: Bdev;
  /** By number, ascending. */
  readonly partitions: Map<number, Bdev> = new Map<number, Bdev>();
  users = 0;
  /** BLKRASET, in sectors of 512 bytes: only programs look at it. */
  readAhead = 256;
  /** "gpt", "dos" or "": what kind of table was found last. */
  label = "";
  #device: BlockDevice | undefined;
  #cache: BlockCache | undefined;
  readonly #idle: (() => void) | undefined;

  constructor(kernel: Kernel, options: DiskOptions) {
    this.kernel = kernel;
    this.name = options.name;
    this.major = options.major;
    this.minor = options.minor;
    this.minors = options.minors;
    this.removable = options.removable === true;
    this.partitioned = options.partitioned === true;
    this.parent = options.parent ?? "virtual";
    this.attributes = options.attributes;
    this.#idle = options.idle;
    this.whole = new Bdev(this, 0, makedev(options.major, options.minor));
    this.setMedium(options.device);
  }

  get device(): BlockDevice | undefined {
    return this.#device;
  }
  get cache(): BlockCache | undefined {
    return this.#cache;
  }
  get readonly(): boolean {
    return this.whole.readonly;
  }
  sizeBytes(): number {
    return this.#device?.size ?? 0;
  }

  /** Puts a medium in, or takes it out; what is cached of the old one is lost unless it was written back. */
  setMedium(device: BlockDevice | undefined): void {
    this.#cache?.discardAll();
    this.#device = device;
    this.#cache = device === undefined ? undefined : new BlockCache(this.kernel, device, this.name);
    this.whole.setReadonly(false);
  }

  /** The last user is gone. */
  idle(): void {
    this.#cache?.invalidate();
    this.#idle?.();
  }

  /** The whole disk, then its partitions. */
  *units(): Iterable<Bdev> {
    yield this.whole;
    yield* this.partitions.values();
  }

  /** BLKRRPART: EBUSY while a partition is in use. */
  rescan(): void {
    for (const part of this.partitions.values()) if (part.openers > 0) throw EBUSY;
    for (const part of [...this.partitions.values()]) this.removePartition(part.partno);
    this.label = "";
    if (!this.partitioned || this.#device === undefined) return;
    const found = scanPartitions(this.whole);
    this.label = found.label;
    for (const each of found.partitions) this.addPartition(each);
    if (this.users === 0) this.#cache?.invalidate();
  }

  /** EBUSY when the number is taken, EINVAL when it does not fit. */
  addPartition(entry: PartitionEntry): Bdev {
    const { number, start, length } = entry;
    if (number < 1 || number > MAX_PARTITIONS) throw EINVAL;
    if (this.partitions.has(number)) throw EBUSY;
    if (start < 0 || length <= 0 || start >= this.sizeBytes()) throw EINVAL;
    const { kernel } = this;
    const rdev =
      number < this.minors
        ? makedev(this.major, this.minor + number)
        : makedev(BLOCK_EXT_MAJOR, freeExtMinor(kernel));
    const part = new Bdev(this, number, rdev, entry);
    this.partitions.set(number, part);
    if (this.partitions.size > 1) {
      const sorted = [...this.partitions].sort(([a], [b]) => a - b);
      this.partitions.clear();
      for (const [each, bdev] of sorted) this.partitions.set(each, bdev);
    }
    if (disks(kernel).get(this.name) === this) announce(kernel, part, "add");
    return part;
  }

  removePartition(number: number): void {
    const part = this.partitions.get(number);
    if (part === undefined) throw EINVAL;
    if (part.openers > 0) throw EBUSY;
    this.partitions.delete(number);
    if (disks(this.kernel).get(this.name) === this) announce(this.kernel, part, "remove");
  }
}

function freeExtMinor(kernel: Kernel): number {
  const taken = new Set([...bdevs(kernel)].map((each) => each.rdev));
  for (let minor = 0; ; minor++) if (!taken.has(makedev(BLOCK_EXT_MAJOR, minor))) return minor;
}

/** The disks of a machine by name, in the order they came. */
export function disks(kernel: Kernel): Map<string, Disk> {
  return kernel.slot("disks", () => new Map<string, Disk>());
}

/** Every disk and partition. */
export function* bdevs(kernel: Kernel): Iterable<Bdev> {
  for (const disk of disks(kernel).values()) yield* disk.units();
}

/** By device number. */
export function bdevOf(kernel: Kernel, rdev: number): Bdev | undefined {
  for (const bdev of bdevs(kernel)) if (bdev.rdev === rdev) return bdev;
  return undefined;
}

/** Who wants to hear of devices: devtmpfs, and whatever passes uevents on. */
export type BlockListener = (bdev: Bdev, action: "add" | "remove" | "change") => void;

/** The listeners of a machine. */
export function blockListeners(kernel: Kernel): Set<BlockListener> {
  return kernel.slot("block-listeners", () => new Set<BlockListener>());
}

/** Tells of a device that came, went or has another medium. */
export function announce(kernel: Kernel, bdev: Bdev, action: "add" | "remove" | "change"): void {
  for (const listener of blockListeners(kernel)) listener(bdev, action);
}

/** Enters a disk; its partitions are looked for and everything is told. */
export function addDisk(kernel: Kernel, options: DiskOptions): Disk {
  const all = disks(kernel);
  if (all.has(options.name)) throw EBUSY;
  const disk = new Disk(kernel, options);
  all.set(disk.name, disk);
  announce(kernel, disk.whole, "add");
  disk.rescan();
  return disk;
}

/** EBUSY while it is in use. */
export function removeDisk(kernel: Kernel, disk: Disk): void {
  if (disk.users > 0) throw EBUSY;
  for (const number of [...disk.partitions.keys()]) disk.removePartition(number);
  disks(kernel).delete(disk.name);
  announce(kernel, disk.whole, "remove");
  disk.setMedium(undefined);
}

/** All caches to the devices: sync(2). */
export function syncDisks(kernel: Kernel): void {
  for (const disk of disks(kernel).values()) disk.cache?.flush();
}

/** What file systems that are still mounted hold back; those that cannot are as after a power cut. */
function syncMounted(kernel: Kernel): void {
  for (const { superBlock } of bdevs(kernel)) {
    try {
      const steps = superBlock?.sync();
      if (isSteps(steps)) for (let n = 0; n < 1000; n++) if (steps.next(0).done === true) break;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
    }
  }
}

/** The machine ends: what is cached is written, the media are let go. */
export function closeDisks(kernel: Kernel): void {
  syncMounted(kernel);
  for (const disk of disks(kernel).values()) {
    const { device } = disk;
    if (device === undefined) continue;
    try {
      if (!device.readonly) disk.cache?.flush();
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      kernel.host.report(`${disk.name}: not everything could be written: ${error.code}`);
    } finally {
      disk.setMedium(undefined);
      device.close?.();
    }
  }
}

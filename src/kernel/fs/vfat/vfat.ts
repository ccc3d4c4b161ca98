// vfat: FAT12, FAT16 and FAT32 with long names (Microsoft FAT specification 1.03; Linux: fs/fat).

import type { FsTrimRange } from "../../../abi/block.ts";
import { EINVAL, EIO, EROFS, Errno } from "../../../abi/errno.ts";
import { MSDOS_SUPER_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import type { StatFs } from "../../../abi/stat.ts";
import type { Bdev } from "../../block/genhd.ts";
import { mountBdev, unmountBdev } from "../../block/mount.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { SuperBlock } from "../inode.ts";
import { Fat, parseBootSector } from "./fat.ts";
import { ATTR_DIRECTORY, FatDirectory, FatFile, type FatInode, newEntry } from "./inode.ts";
import { defaultFatOptions, type FatOptions, fatOptionsText, parseFatOptions } from "./options.ts";

/** Directories whose entries are remembered. */
const MAX_LOADED = 64;
/** What Linux says a name may have: 255 characters of up to six bytes. */
const NAME_BYTES = 1530;

/** A mounted FAT file system. */
export class Vfat implements SuperBlock {
  readonly type = "vfat";
  readonly kernel: Kernel;
  readonly dev: number;
  /** Names are found whatever their case: each lookup asks. */
  readonly volatile = true;
  readonly: boolean;
  readonly root: FatDirectory;
  readonly bdev: Bdev;
  readonly fat: Fat;
  given: FatOptions;
  readonly #inodes = new Map<number, FatInode>();
  /** The directory used last comes last. */
  readonly #loaded = new Set<FatDirectory>();
  #lastIno = 0;
  /** We have set the mark "not unmounted". */
  #marked = false;
  #dirty = false;

  /** Throws EINVAL when there is no FAT on the device. */
  constructor(kernel: Kernel, bdev: Bdev, options: FatOptions, readonly: boolean) {
    this.kernel = kernel;
    this.bdev = bdev;
    this.dev = bdev.rdev;
    this.given = options;
    this.readonly = readonly;
    if (bdev.size < 512) throw EINVAL;
    this.fat = new Fat(bdev, parseBootSector(bdev.read(0, 512), bdev.size));
    const raw = newEntry(ATTR_DIRECTORY, 0, { sec: 0, nsec: 0 }, 0);
    this.root = new FatDirectory(this, undefined, raw, -1, "");
    this.root.nlink = this.root.links();
    if (!readonly) this.#mark(true);
  }

  nextIno(): number {
    return ++this.#lastIno;
  }

  // ---- inodes -------------------------------------------------------------------------------------

  known(position: number): FatInode | undefined {
    return this.#inodes.get(position);
  }
  make(parent: FatDirectory, raw: Uint8Array, position: number, name: string): FatInode {
    const directory = ((raw[11] as number) & ATTR_DIRECTORY) !== 0;
    const inode = directory
      ? new FatDirectory(this, parent, raw, position, name)
      : new FatFile(this, parent, raw, position, name);
    this.remember(inode);
    return inode;
  }
  remember(inode: FatInode): void {
    this.#inodes.set(inode.position, inode);
  }
  forget(inode: FatInode): void {
    if (this.#inodes.get(inode.position) === inode) this.#inodes.delete(inode.position);
  }

  /** A directory has been read: the one unused for longest is forgotten. */
  loaded(dir: FatDirectory): void {
    this.#loaded.delete(dir);
    this.#loaded.add(dir);
    if (this.#loaded.size <= MAX_LOADED) return;
    for (const oldest of this.#loaded) {
      this.#loaded.delete(oldest);
      oldest.drop();
      return;
    }
  }

  // ---- damage -------------------------------------------------------------------------------------

  #log(level: number, text: string): void {
    const { kernel, bdev } = this;
    const at = (kernel.monotonic() - kernel.bootMs) * 1000;
    kernel.log.append(level, at, `FAT-fs (${bdev.name}): ${text}`);
  }

  /** Something on the medium is wrong: it is told and, unless errors=continue, nothing more is written. */
  noteDamage(what: string): void {
    this.#log(3, `error, ${what}`);
    if (this.given.errors === "continue" || this.readonly) return;
    this.readonly = true;
    this.#log(3, "Filesystem has been set read-only");
  }

  /** The same, with the errno for the caller: EIO, or the device's own. */
  damaged(error: unknown, what: string): never {
    if (!(error instanceof Errno)) throw error;
    if (error !== EIO && error !== EINVAL) throw error;
    this.noteDamage(what);
    throw EIO;
  }

  // ---- the whole ----------------------------------------------------------------------------------

  /** Sets or takes away the mark that says "not unmounted"; one that was there before stays. */
  #mark(on: boolean): void {
    const at = this.fat.layout.stateAt;
    const state = this.bdev.read(at, 1)[0] as number;
    if (on) {
      if ((state & 1) !== 0) {
        this.#log(
          4,
          "Volume was not properly unmounted. Some data may be corrupt. Please run fsck.",
        );
        return;
      }
      this.#marked = true;
    } else {
      if (!this.#marked) return;
      this.#marked = false;
    }
    this.bdev.write(at, new Uint8Array([on ? state | 1 : state & ~1]));
    if (on) this.bdev.flush();
  }

  changed(): void {
    this.#dirty = true;
  }

  #flush(): void {
    if (!this.#dirty) return;
    this.fat.writeInfo();
    this.bdev.flush();
    this.#dirty = false;
  }

  sync(): Blocking<void> {
    this.#flush();
  }

  options(): string {
    return fatOptionsText(this.given);
  }

  statfs(): StatFs {
    const { clusterSize, clusters } = this.fat.layout;
    const { free } = this.fat;
    return {
      type: MSDOS_SUPER_MAGIC,
      bsize: clusterSize,
      blocks: clusters,
      bfree: free,
      bavail: free,
      files: 0,
      ffree: 0,
      namelen: NAME_BYTES,
      flags: 0,
    };
  }

  remount(data: string, readonly: boolean): void {
    // Owners and masks stay as they were first given, as in Linux.
    const options = parseFatOptions(data, this.given);
    if (!readonly && this.bdev.readonly) throw EROFS;
    this.given = { ...this.given, errors: options.errors, flush: options.flush };
    if (readonly === this.readonly) return;
    if (readonly) {
      this.#flush();
      this.#mark(false);
      this.bdev.flush();
    } else this.#mark(true);
  }

  /** Bytes of free clusters that were given back to the disk. */
  trim({ start, length, minlen }: FsTrimRange): number {
    if (this.readonly) throw EROFS;
    const { clusterSize } = this.fat.layout;
    if (start >= this.fat.layout.clusters * clusterSize) throw EINVAL;
    let trimmed = 0;
    for (const [cluster, count] of this.fat.freeRuns()) {
      const from = Math.max(start, (cluster - 2) * clusterSize);
      const to = Math.min(start + length, (cluster - 2 + count) * clusterSize);
      if (to - from < Math.max(minlen, 1)) continue;
      this.bdev.discard(this.fat.layout.dataStart + from, to - from);
      trimmed += to - from;
    }
    return trimmed;
  }

  release(): void {
    try {
      if (!this.bdev.readonly) {
        this.#flush();
        this.#mark(false);
        this.bdev.flush();
      }
    } catch (error) {
      // The device fails: nothing more can be done for it.
      if (!(error instanceof Errno)) throw error;
    } finally {
      this.#inodes.clear();
      this.#loaded.clear();
      unmountBdev(this, this.bdev);
    }
  }
}

/** mount -t vfat. */
export const vfat: FileSystemType = {
  name: "vfat",
  requiresDevice: true,
  mount: (kernel, task, source, data, flags) =>
    mountBdev(kernel, task, "vfat", source, flags, (bdev, readonly) => {
      return new Vfat(kernel, bdev, parseFatOptions(data, defaultFatOptions()), readonly);
    }),
};

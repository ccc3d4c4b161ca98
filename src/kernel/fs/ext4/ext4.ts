// ext4, and ext2 and ext3 with it (Linux: fs/ext4; what is on the disk: lib/ext4).
import type { FsTrimRange } from "../../../abi/block.ts";
import {
  EFBIG,
  EINVAL,
  EMLINK,
  ENOMEM,
  ENOSPC,
  EOPNOTSUPP,
  EROFS,
  Errno,
  EUCLEAN,
} from "../../../abi/errno.ts";
import { EXT4_SUPER_MAGIC, MS_SILENT } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import type { StatFs } from "../../../abi/stat.ts";
import { freeRuns } from "../../../lib/ext4/bitmaps.ts";
import { Ext4Error } from "../../../lib/ext4/error.ts";
import { ROOT_INO } from "../../../lib/ext4/node.ts";
import { processOrphans } from "../../../lib/ext4/orphans.ts";
import {
  COMPAT_HAS_JOURNAL,
  featureNames,
  INCOMPAT_RECOVER,
  KNOWN_RO_COMPAT,
  STATE_ERROR,
  STATE_VALID,
} from "../../../lib/ext4/superblock.ts";
import { Volume } from "../../../lib/ext4/volume.ts";
import type { Bdev } from "../../block/genhd.ts";
import { mountBdev, unmountBdev } from "../../block/mount.ts";
import { inGroup } from "../../cred.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { SuperBlock } from "../inode.ts";
import { type Ext4Inode, makeInode } from "./inode.ts";
import {
  defaultExt4Options,
  type Ext4Options,
  ext4OptionsText,
  parseExt4Options,
} from "./options.ts";

/** Features that ext2 and ext3 may have. */
const EXT2_INCOMPAT = 0x12;
const EXT3_INCOMPAT = 0x16;
const EXT2_RO_COMPAT = 7;

/** What an inode in use is charged. */
const INODE_BYTES = 512;

/** A mounted file system. */
export class Ext4 implements SuperBlock {
  readonly type: string;
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean;
  readonly root: Ext4Inode;
  readonly bdev: Bdev;
  readonly volume: Volume;
  given: Ext4Options;
  readonly #inodes = new Map<number, Ext4Inode>();
  #cancelTimer: (() => void) | undefined;
  /** Whether s_state says "clean" when all has been written. */
  #valid: boolean;
  readonly #overhead: number;
  /** MS_SILENT: somebody tries one type after the other. */
  readonly #silent: boolean;

  constructor(
    kernel: Kernel,
    bdev: Bdev,
    type: string,
    options: Ext4Options,
    readonly: boolean,
    silent: boolean,
  ) {
    this.kernel = kernel;
    this.#silent = silent;
    this.type = type;
    this.bdev = bdev;
    this.dev = bdev.rdev;
    this.readonly = readonly;
    this.given = options;
    if (options.noload && !readonly) throw EINVAL;
    this.volume = this.#open(options, readonly);
    const s = this.volume.super;
    this.#valid = (s.state & STATE_VALID) !== 0 && (s.state & STATE_ERROR) === 0;
    this.root = this.#openRoot();
    let overhead = s.firstDataBlock + this.volume.groups.length * (2 + this.volume.tableBlocks);
    for (let i = 0; i < this.volume.groups.length; i++) overhead += s.baseMeta(i);
    this.#overhead = overhead + (this.volume.journal?.capacity ?? 0);
    try {
      if (!readonly) this.#beginWriting();
    } catch (error) {
      this.#dropInodes();
      throw error;
    }
    const mode = this.volume.journal === undefined ? "without journal" : "with ordered data mode";
    this.log(
      6,
      `mounted filesystem ${this.uuid} ${readonly ? "ro" : "r/w"} ${mode}. Quota mode: none.`,
    );
  }

  #openRoot(): Ext4Inode {
    try {
      const root = this.ask(() => this.inode(ROOT_INO));
      if (root.isDirectory && root.node.size > 0) return root;
      this.log(3, "corrupt root inode, run e2fsck");
    } catch (error) {
      this.log(3, "get root inode failed");
      throw error;
    }
    this.#dropInodes();
    throw EUCLEAN;
  }

  get uuid(): string {
    let hex = "";
    for (const byte of this.volume.super.uuid) hex += byte.toString(16).padStart(2, "0");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  }

  #open(options: Ext4Options, readonly: boolean): Volume {
    const { kernel, bdev } = this;
    const device = {
      size: bdev.size,
      read: (offset: number, length: number) => bdev.read(offset, length),
      write: (offset: number, bytes: Uint8Array) => bdev.write(offset, bytes),
      flush: () => bdev.flush(),
    };
    try {
      const volume = Volume.open(device, {
        readonly,
        noload: options.noload,
        now: () => Math.floor(kernel.now() / 1000),
        log: (text) => this.log(3, text),
      });
      this.#judge(volume);
      if (volume.replayed > 0) this.log(6, "recovery complete");
      volume.barrier = options.barrier;
      volume.privileged = () => this.#mayUseReserve(volume);
      return volume;
    } catch (error) {
      if (error === EROFS) {
        this.log(3, "write access unavailable, cannot proceed (try mounting with noload)");
        throw error;
      }
      if (!(error instanceof Ext4Error)) throw error;
      if (error.message === "no magic" || error.message === "too small") {
        if (!this.#silent) this.log(3, "VFS: Can't find ext4 filesystem");
        throw EINVAL;
      }
      this.log(3, error.message);
      throw error.code === "corrupt" ? EUCLEAN : EINVAL;
    }
  }

  /** Reserved blocks are for root, and for whom the super block or resuid= and resgid= name. */
  #mayUseReserve({ super: s }: Volume): boolean {
    const task = this.kernel.scheduler.current;
    if (task === undefined || task.cred.euid === 0) return true;
    const gid = this.given.resgid ?? s.u16(0x52);
    if (task.cred.euid === (this.given.resuid ?? s.u16(0x50))) return true;
    return gid !== 0 && inGroup(task.cred, gid);
  }

  /** ext2 and ext3 are mounted as such only when they are it. */
  #judge(volume: Volume): void {
    const { super: s } = volume;
    if (this.type === "ext4") return;
    const incompat = s.incompat & ~(this.type === "ext2" ? EXT2_INCOMPAT : EXT3_INCOMPAT);
    const ro = this.readonly ? 0 : s.roCompat & ~EXT2_RO_COMPAT;
    const journal = (s.compat & COMPAT_HAS_JOURNAL) !== 0;
    if (this.type === "ext3" && !journal) throw EINVAL;
    if (incompat === 0 && ro === 0) return;
    if (!this.#silent)
      this.log(3, `couldn't mount as ${this.type} due to feature incompatibilities`);
    throw EINVAL;
  }

  // ---- messages and damage ------------------------------------------------------------------------

  log(level: number, text: string): void {
    const { kernel, bdev } = this;
    const at = (kernel.monotonic() - kernel.bootMs) * 1000;
    kernel.log.append(level, at, `EXT4-fs (${bdev.name}): ${text}`);
  }

  #logError(text: string): void {
    const { kernel, bdev } = this;
    const at = (kernel.monotonic() - kernel.bootMs) * 1000;
    kernel.log.append(2, at, `EXT4-fs error (device ${bdev.name}): ${text}`);
  }

  /** Damage was found: it is told, noted in the super block, and may end all writing. */
  #damaged(text: string): void {
    this.#logError(text);
    if (this.readonly || this.volume.aborted) return;
    this.#valid = false;
    const s = this.volume.super;
    s.state |= STATE_ERROR;
    const policy = this.given.errors ?? (s.u16(0x3c) === 1 ? "continue" : "remount-ro");
    if (policy === "continue") {
      this.volume.changeSuper();
      return;
    }
    this.#stop();
  }

  /** Remounting filesystem read-only. */
  #stop(): void {
    if (this.volume.aborted) return;
    this.volume.abort();
    this.readonly = true;
    this.log(2, "Remounting filesystem read-only");
    this.#disarm();
  }

  #translate(error: unknown): unknown {
    if (error instanceof Errno) {
      // The journal could not be written.
      if (this.volume.aborted && !this.readonly) {
        this.#logError("Detected aborted journal");
        this.readonly = true;
        this.log(2, "Remounting filesystem read-only");
      }
      return error;
    }
    if (!(error instanceof Ext4Error)) return error;
    switch (error.code) {
      case "no-space":
        return ENOSPC;
      case "too-big":
        return EFBIG;
      case "too-many-links":
        return EMLINK;
      case "unsupported":
        return EOPNOTSUPP;
      case "corrupt":
        this.#damaged(error.message);
        return EUCLEAN;
    }
  }

  /** Does something that changes nothing. */
  ask<T>(what: () => T): T {
    try {
      this.volume?.buffers.trim();
      return what();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  /** Does something that changes the file system, as part of the running transaction. */
  change<T>(what: () => T): T {
    if (this.readonly) throw EROFS;
    try {
      this.volume.begin();
      return what();
    } catch (error) {
      throw this.#translate(error);
    } finally {
      this.arm();
    }
  }

  /** Changes are committed some seconds after the first of them. */
  arm(): void {
    if (this.#cancelTimer !== undefined || !this.volume.isChanged || this.readonly) return;
    this.#cancelTimer = this.kernel.host.after(this.given.commit * 1000, () => {
      this.#cancelTimer = undefined;
      try {
        this.volume.commit();
      } catch (error) {
        if (!(error instanceof Errno) && !(error instanceof Ext4Error)) throw error;
        this.#translate(error);
      }
    });
  }
  #disarm(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }

  // ---- inodes -------------------------------------------------------------------------------------

  /** The inode of a number; throws Ext4Error when it cannot be one that an entry names. */
  inode(ino: number): Ext4Inode {
    const there = this.#inodes.get(ino);
    if (there !== undefined) return there;
    const s = this.volume.super;
    if (ino !== ROOT_INO && ino < s.firstInode) {
      throw new Ext4Error("corrupt", `iget: inode #${ino}: special inode unallocated`);
    }
    const node = this.volume.node(ino);
    if (node.mode === 0 || node.links === 0) {
      this.volume.forgetNode(node);
      throw new Ext4Error("corrupt", `lookup: deleted inode referenced: ${ino}`);
    }
    return this.remember(makeInode(this, node));
  }
  /** Whether one more inode can be held; asked before one is made. */
  mustHaveMemory(): void {
    const { memory } = this.kernel;
    if (memory.used + INODE_BYTES > memory.limit) throw ENOMEM;
  }
  /** Keeps an inode as the one of its number: ENOMEM when the machine has no memory for it. */
  remember(inode: Ext4Inode): Ext4Inode {
    if (!this.kernel.memory.charge(INODE_BYTES)) {
      this.volume.forgetNode(inode.node);
      throw ENOMEM;
    }
    this.#inodes.set(inode.ino, inode);
    return inode;
  }
  forget(inode: Ext4Inode): void {
    if (this.#inodes.get(inode.ino) !== inode) return;
    this.#inodes.delete(inode.ino);
    this.kernel.memory.uncharge(INODE_BYTES);
  }

  #dropInodes(): void {
    this.kernel.memory.uncharge(this.#inodes.size * INODE_BYTES);
    this.#inodes.clear();
  }

  // ---- the whole ----------------------------------------------------------------------------------

  #beginWriting(): void {
    const { volume } = this;
    const s = volume.super;
    if (!this.#valid) {
      this.log(4, "warning: mounting unchecked fs, running e2fsck is recommended");
    }
    s.set16(0x34, s.u16(0x34) + 1);
    const now = volume.options.now();
    s.set32(0x2c, now);
    s.set32(0x30, now);
    if (volume.journal === undefined) s.state &= ~STATE_VALID;
    if (this.given.discard && this.bdev.canDiscard) {
      volume.discard = (start, count) => {
        this.bdev.discard(start * volume.blockSize, count * volume.blockSize);
      };
    }
    this.ask(() => {
      volume.beginWriting();
      if (volume.journal === undefined) {
        volume.writeSuper();
        this.bdev.flush();
      }
      const { freed, cut } = processOrphans(volume);
      if (freed > 0) this.log(6, `${freed} orphan inode${freed === 1 ? "" : "s"} deleted`);
      if (cut > 0) this.log(6, `${cut} truncate${cut === 1 ? "" : "s"} cleaned up`);
    });
    if (volume.aborted) throw EUCLEAN;
  }

  #endWriting(): void {
    this.#disarm();
    const { volume } = this;
    if (volume.aborted) return;
    const s = volume.super;
    s.set32(0x30, volume.options.now());
    if (this.#valid) s.state |= STATE_VALID;
    volume.endWriting();
  }

  options(): string {
    return ext4OptionsText(this.given);
  }

  statfs(): StatFs {
    const s = this.volume.super;
    return {
      type: EXT4_SUPER_MAGIC,
      bsize: this.volume.blockSize,
      blocks: Math.max(0, s.blocks - this.#overhead),
      bfree: s.freeBlocks,
      bavail: Math.max(0, s.freeBlocks - s.reserved),
      files: s.inodes,
      ffree: s.freeInodes,
      namelen: 255,
      flags: 0,
    };
  }

  sync(): Blocking<void> {
    if (this.readonly) return;
    this.#disarm();
    try {
      this.volume.sync();
    } catch (error) {
      throw this.#translate(error);
    }
  }

  remount(data: string, readonly: boolean): void {
    const options = parseExt4Options(data, { ...this.given, noload: false });
    if (options.noload !== this.given.noload && options.noload) throw EINVAL;
    if (!readonly && this.readonly) {
      if (this.bdev.readonly) throw EROFS;
      if (this.given.noload && this.volume.super.hasJournal) throw EROFS;
      if (this.volume.aborted) {
        this.log(3, "Abort forced by user");
        throw EROFS;
      }
      const { super: s } = this.volume;
      const ro = s.roCompat & ~KNOWN_RO_COMPAT;
      if (ro !== 0) {
        const names = featureNames("ro_compat", ro).join(" ");
        this.log(
          3,
          `Couldn't remount RDWR because of unsupported optional features (${ro.toString(16)}): ${names}`,
        );
        throw EROFS;
      }
      if ((s.incompat & INCOMPAT_RECOVER) !== 0) throw EROFS;
    }
    this.given = options;
    this.volume.barrier = options.barrier;
    if (readonly === this.readonly) return;
    if (readonly) this.ask(() => this.#endWriting());
    else {
      this.readonly = false;
      this.#beginWriting();
    }
    this.log(6, `re-mounted ${this.uuid} ${readonly ? "ro" : "r/w"}. Quota mode: none.`);
  }

  trim({ start, length, minlen }: FsTrimRange): number {
    if (this.readonly) throw EROFS;
    const { volume } = this;
    const { blockSize } = volume;
    const s = volume.super;
    if (start >= s.blocks * blockSize) throw EINVAL;
    this.sync();
    let trimmed = 0;
    this.ask(() => {
      for (const { start: first, count } of freeRuns(volume)) {
        const from = Math.max(Math.ceil(start / blockSize), first);
        const to = Math.min(Math.floor((start + length) / blockSize), first + count);
        if ((to - from) * blockSize < Math.max(minlen, 1)) continue;
        this.bdev.discard(from * blockSize, (to - from) * blockSize);
        trimmed += (to - from) * blockSize;
      }
    });
    return trimmed;
  }

  release(): void {
    this.#disarm();
    try {
      if (!this.readonly) this.#endWriting();
      else if (this.volume.aborted && !this.bdev.readonly) {
        // The note that a check is needed, and nothing else.
        this.volume.writeSuperState(STATE_ERROR);
      }
      this.log(6, `unmounting filesystem ${this.uuid}.`);
    } catch (error) {
      // The device fails: nothing more can be done for it.
      if (!(error instanceof Errno) && !(error instanceof Ext4Error)) throw error;
    } finally {
      this.#dropInodes();
      this.volume.buffers.drop();
      unmountBdev(this, this.bdev);
    }
  }
}

function typeOf(name: string): FileSystemType {
  return {
    name,
    requiresDevice: true,
    mount: (kernel, task, source, data, flags) =>
      mountBdev(kernel, task, name, source, flags, (bdev, readonly) => {
        const options = parseExt4Options(data, defaultExt4Options());
        return new Ext4(kernel, bdev, name, options, readonly, (flags & MS_SILENT) !== 0);
      }),
  };
}

/** mount -t ext4. */
export const ext4: FileSystemType = typeOf("ext4");
/** mount -t ext3: with a journal and without features of ext4. */
export const ext3: FileSystemType = typeOf("ext3");
/** mount -t ext2: without features of ext3 and ext4. */
export const ext2: FileSystemType = typeOf("ext2");

// hostfs: a folder of the host as a file system. Its type is shown as "9p", what machines with a host usually have there.
import { EINVAL, EMFILE, ENFILE, ENOENT, EROFS, ESTALE } from "../../../abi/errno.ts";
import { V9FS_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import { S_IFDIR, S_IFMT, type StatFs } from "../../../abi/stat.ts";
import type { HostFiles, HostStat } from "../../host.ts";
import type { Kernel } from "../../kernel.ts";
import type { SuperBlock } from "../inode.ts";
import { AttributeTable } from "./attributes.ts";
import { HostDirectory, HostInode } from "./inode.ts";

/** Directories of the host that are kept open, so that names in them are found without a walk. */
const OPEN_DIRECTORIES = 200;
/** Known inodes before the first search for those nobody uses. */
const FIRST_SWEEP = 4096;
/** What one moment lasts at most: questions, and milliseconds (a task that goes on running ends it not). */
const MOMENT = 4096;
const MOMENT_MS = 2;
/** Owner that the guest sees of files that belong to somebody else on the host (nobody). */
const OVERFLOW_ID = 65534;

/** A host folder, mounted. */
export class HostFs implements SuperBlock {
  readonly type = "9p";
  readonly volatile = true;
  readonly kernel: Kernel;
  readonly dev: number;
  readonly root: HostInode;
  readonly files: HostFiles;
  readonly attributes: AttributeTable;
  /** Every inode somebody may still hold, so that one file is one inode whatever its name. */
  /** Made so by mount(2). */
  #readonly = false;
  readonly #inodes = new Map<string | number, WeakRef<HostInode>>();
  #sweepAt = FIRST_SWEEP;
  readonly #rootDev: number;
  /** Guest device numbers of file systems that are mounted inside the folder on the host. */
  readonly #devs = new Map<number, number>();
  /** Directories with an open handle, those that were opened or used long ago first. */
  readonly #open = new Set<HostDirectory>();
  #moment = 0;
  #run = -1;
  #began = 0;
  #left = 0;
  /** A file that has just been made and is about to be opened: its handle is used again. */
  #fresh: { inode: HostInode; handle: number } | undefined;

  /** `name`: the file system is that one file of the folder. */
  constructor(kernel: Kernel, files: HostFiles, name?: string) {
    this.kernel = kernel;
    this.files = files;
    this.dev = kernel.anonymousDev();
    this.attributes = new AttributeTable(kernel.memory);
    const stat = files.fstat(files.root);
    this.#rootDev = stat.dev;
    const folder = new HostDirectory(this, stat, undefined, "");
    this.#inodes.set(stat.ino, new WeakRef<HostInode>(folder));
    const root = name === undefined ? folder : folder.lookup(name);
    if (root === undefined) throw ENOENT;
    this.root = root;
  }

  get readonly(): boolean {
    return this.#readonly || this.files.readonly;
  }

  set readonly(readonly: boolean) {
    this.#readonly = readonly;
  }

  options(): string {
    return "access=any,trans=virtio";
  }

  statfs(): StatFs {
    return { ...this.files.statfs(), type: V9FS_MAGIC, flags: 0 };
  }

  remount(data: string, readonly: boolean): void {
    if (data !== "" && data !== this.options()) throw EINVAL;
    // What the host lends for reading stays so.
    if (!readonly && this.files.readonly) throw EROFS;
  }

  release(): void {
    this.#open.clear();
    this.attributes.clear();
    this.files.release();
  }

  /** The host keeps its own files safe; fsync of a file is passed on. */
  sync(): Blocking<void> {}

  // ---- time -------------------------------------------------------------------------------------

  /**
   * A number that stays the same for a moment: what was seen on the host then need not be looked at
   * again. All that the machine itself changes goes through these inodes. What other processes of the
   * host change may come to light a moment later, but not after anything they say about it: that comes
   * through the host's event loop, and each run of the scheduler begins a moment. -2, never equal,
   * outside of tasks.
   */
  moment(): number {
    const { scheduler } = this.kernel;
    if (scheduler.current === undefined) return -2;
    if (
      this.#run !== scheduler.runs ||
      scheduler.resumedMs - this.#began > MOMENT_MS ||
      --this.#left < 0
    ) {
      this.#run = scheduler.runs;
      this.#began = scheduler.resumedMs;
      this.#left = MOMENT;
      this.#moment++;
    }
    return this.#moment;
  }

  // ---- identities -------------------------------------------------------------------------------

  #key(stat: HostStat): string | number {
    return stat.dev === this.#rootDev ? stat.ino : `${stat.dev}:${stat.ino}`;
  }

  /** st_dev for the guest. */
  guestDev(hostDev: number): number {
    if (hostDev === this.#rootDev) return this.dev;
    let dev = this.#devs.get(hostDev);
    if (dev === undefined) {
      dev = this.kernel.anonymousDev();
      this.#devs.set(hostDev, dev);
    }
    return dev;
  }

  /** The inode of a file that was found under a name, brought up to date. */
  inodeOf(stat: HostStat, parent: HostDirectory, name: string): HostInode {
    const key = this.#key(stat);
    const known = this.#inodes.get(key)?.deref();
    // A number may come back as another file: then type or time of birth differ.
    if (known?.isSame(stat)) {
      known.found(stat, parent, name);
      return known;
    }
    const isDirectory = (stat.mode & S_IFMT) === S_IFDIR;
    const inode = isDirectory
      ? new HostDirectory(this, stat, parent, name)
      : new HostInode(this, stat, parent, name);
    if (this.#inodes.size >= this.#sweepAt) this.#sweep();
    this.#inodes.set(key, new WeakRef(inode));
    return inode;
  }

  /** The inode of a file, if somebody may hold it. */
  known(stat: HostStat): HostInode | undefined {
    const inode = this.#inodes.get(this.#key(stat))?.deref();
    return inode?.isSame(stat) ? inode : undefined;
  }

  /** Drops what has been collected; waits longer when much is really in use. */
  #sweep(): void {
    for (const [key, reference] of this.#inodes) {
      if (reference.deref() === undefined) this.#inodes.delete(key);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, this.#inodes.size * 2);
  }

  // ---- owners -----------------------------------------------------------------------------------

  /** The user that runs the machine is the guest's root where owners cannot be kept. */
  guestUid(hostUid: number): number {
    if (this.files.keepsOwners) return hostUid;
    return hostUid === this.files.uid || this.files.uid < 0 ? 0 : OVERFLOW_ID;
  }
  guestGid(hostGid: number): number {
    if (this.files.keepsOwners) return hostGid;
    return hostGid === this.files.gid || this.files.gid < 0 ? 0 : OVERFLOW_ID;
  }

  // ---- handles ----------------------------------------------------------------------------------

  /** Opens a directory's handle, closing one that was long unused. */
  openDirectory(dir: HostDirectory, parent: HostDirectory, name: string): number {
    if (this.#open.size >= OPEN_DIRECTORIES) this.#closeOldest();
    const at = parent.handle();
    const handle = this.retry(() => this.files.opendir(at, name));
    this.#open.add(dir);
    const stat = this.files.fstat(handle);
    if (!dir.isSame(stat)) {
      this.#open.delete(dir);
      this.files.close(handle);
      throw ESTALE;
    }
    return handle;
  }

  /** Closes one that has not been used since it was passed over here before. */
  #closeOldest(): void {
    for (const dir of this.#open) {
      this.#open.delete(dir);
      if (!dir.used) {
        dir.closeHandle();
        return;
      }
      dir.used = false;
      this.#open.add(dir);
    }
  }

  /** Tries again with fewer handles of our own when the host process has no more. */
  retry<T>(action: () => T): T {
    for (let left = 8; ; left--) {
      try {
        return action();
      } catch (error) {
        if ((error !== EMFILE && error !== ENFILE) || left === 0 || this.#open.size < 16)
          throw error;
        for (let i = 0; i < 8; i++) this.#closeOldest();
      }
    }
  }

  /** Keeps the handle of a new file for the open(2) that made it. */
  keepFresh(inode: HostInode, handle: number): void {
    this.dropFresh();
    this.#fresh = { inode, handle };
  }

  takeFresh(inode: HostInode): number | undefined {
    const fresh = this.#fresh;
    if (fresh === undefined) return undefined;
    if (fresh.inode !== inode) {
      this.dropFresh();
      return undefined;
    }
    this.#fresh = undefined;
    return fresh.handle;
  }

  dropFresh(): void {
    const fresh = this.#fresh;
    if (fresh === undefined) return;
    this.#fresh = undefined;
    this.files.close(fresh.handle);
  }
}

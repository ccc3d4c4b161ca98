// tmpfs: a file system in memory, bounded by size= and nr_inodes= (tmpfs(5)).
import { EINVAL } from "../../../abi/errno.ts";
import { TMPFS_MAGIC } from "../../../abi/mount.ts";
import type { Blocking } from "../../../abi/program.ts";
import type { StatFs } from "../../../abi/stat.ts";
import type { Kernel } from "../../kernel.ts";
import type { FileSystemType } from "../filesystems.ts";
import type { SuperBlock } from "../inode.ts";
import { TmpfsDirectory, type TmpfsInode } from "./inode.ts";
import { BLOCK_SIZE, type Charge } from "./pages.ts";

/** Mount options, parsed. A limit of 0 is none. */
export interface TmpfsOptions {
  sizeBlocks: number;
  inodes: number;
  mode: number;
  uid: number;
  gid: number;
}

/** A number with the suffixes k, m, g, t (powers of 1024) or, for size, % of `whole`. */
function parseSize(text: string, whole?: number): number {
  const match = /^(\d{1,15})([kKmMgGtT%]?)$/.exec(text);
  if (match === null) throw EINVAL;
  const suffix = (match[2] as string).toLowerCase();
  if (suffix === "%") {
    if (whole === undefined) throw EINVAL;
    return Math.floor((Number(match[1]) / 100) * whole);
  }
  return Number(match[1]) * 1024 ** " kmgt".indexOf(suffix === "" ? " " : suffix);
}

function parseOctal(text: string): number {
  if (!/^[0-7]{1,6}$/.test(text)) throw EINVAL;
  return Number.parseInt(text, 8) & 0o7777;
}

function parseId(text: string): number {
  if (!/^\d{1,10}$/.test(text) || Number(text) > 0xfffffffe) throw EINVAL;
  return Number(text);
}

/** Reads "size=1m,mode=755" over `base`; throws EINVAL for what tmpfs does not know. */
export function parseTmpfsOptions(data: string, base: TmpfsOptions, memory: number): TmpfsOptions {
  const options = { ...base };
  for (const part of data.split(",")) {
    if (part === "") continue;
    const equals = part.indexOf("=");
    const name = equals < 0 ? part : part.slice(0, equals);
    const value = equals < 0 ? "" : part.slice(equals + 1);
    switch (name) {
      case "size":
        options.sizeBlocks = Math.ceil(parseSize(value, memory) / BLOCK_SIZE);
        break;
      case "nr_blocks":
        options.sizeBlocks = parseSize(value);
        break;
      case "nr_inodes":
        options.inodes = parseSize(value);
        break;
      case "mode":
        options.mode = parseOctal(value);
        break;
      case "uid":
        options.uid = parseId(value);
        break;
      case "gid":
        options.gid = parseId(value);
        break;
      // Where pages lie and how inode numbers wrap make no difference here.
      case "huge":
      case "mpol":
      case "inode32":
      case "inode64":
      case "noswap":
        break;
      default:
        throw EINVAL;
    }
  }
  return options;
}

/** The bound that a limit sets. */
function limit(value: number): number {
  return value === 0 ? Number.POSITIVE_INFINITY : value;
}

/** An instance of tmpfs. */
export class Tmpfs implements SuperBlock, Charge {
  readonly type: string;
  readonly kernel: Kernel;
  readonly dev: number;
  readonly volatile = false;
  readonly: boolean = false;
  readonly root: TmpfsDirectory;
  #limits: TmpfsOptions;
  /** Blocks and inodes in use, and bytes charged to the machine. */
  #blocks = 0;
  #inodes = 0;
  #bytes = 0;
  #lastIno = 0;
  #released = false;

  /** `options` as from mount(2); `type` other than "tmpfs" for instances under another name. */
  constructor(kernel: Kernel, data = "", type = "tmpfs", from?: Tmpfs) {
    this.kernel = kernel;
    this.type = type;
    this.dev = kernel.anonymousDev();
    const memory = kernel.memory.limit;
    const half = Math.floor(memory / 2 / BLOCK_SIZE);
    this.#limits =
      from === undefined
        ? parseTmpfsOptions(
            data,
            { sizeBlocks: half, inodes: half, mode: 0o1777, uid: 0, gid: 0 },
            memory,
          )
        : from.#limits;
    if (from !== undefined) {
      this.#inodes = 1;
      this.#lastIno = from.#lastIno;
      this.readonly = from.readonly;
      this.root = from.root.clone(this) as TmpfsDirectory;
      return;
    }
    const { mode, uid, gid } = this.#limits;
    const ino = this.newInode(0) as number;
    this.root = new TmpfsDirectory(this, ino, mode, uid, gid, kernel.currentTime());
  }

  /** Bytes held, data and structure: what this instance has charged to its machine. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lifts size= and nr_inodes=: only the machine's memory limit counts. */
  unlimited(): this {
    this.#limits = {
      ...this.#limits,
      sizeBlocks: Number.POSITIVE_INFINITY,
      inodes: Number.POSITIVE_INFINITY,
    };
    return this;
  }

  memory(bytes: number): boolean {
    if (this.#released) return bytes <= 0;
    if (bytes > 0 && !this.kernel.memory.charge(bytes)) return false;
    if (bytes < 0) this.kernel.memory.uncharge(-bytes);
    this.#bytes += bytes;
    return true;
  }

  blocks(count: number): boolean {
    if (count > 0 && this.#blocks + count > limit(this.#limits.sizeBlocks)) return false;
    this.#blocks += count;
    return true;
  }

  /** True when `bytes` more could be held at all: a quick refusal of absurd fallocate lengths. */
  fits(bytes: number): boolean {
    return (
      bytes <= (limit(this.#limits.sizeBlocks) - this.#blocks) * BLOCK_SIZE + BLOCK_SIZE &&
      bytes <= this.kernel.memory.limit - this.kernel.memory.used
    );
  }

  /** Number of a new inode, its space taken; undefined when there is none. */
  newInode(bytes: number): number | undefined {
    if (this.#inodes >= limit(this.#limits.inodes) && this.#inodes > 0) return undefined;
    if (!this.memory(bytes)) return undefined;
    this.#inodes++;
    return ++this.#lastIno;
  }

  freeInode(bytes: number): void {
    this.#inodes--;
    this.memory(-bytes);
  }

  options(): string {
    const { sizeBlocks, inodes, mode, uid, gid } = this.#limits;
    const parts: string[] = [];
    // As Linux shows them: only what differs from the default, half of memory.
    const half = Math.floor(this.kernel.memory.limit / 2 / BLOCK_SIZE);
    if (sizeBlocks !== half && sizeBlocks < Number.POSITIVE_INFINITY) {
      parts.push(`size=${sizeBlocks * (BLOCK_SIZE / 1024)}k`);
    }
    if (inodes !== half && inodes < Number.POSITIVE_INFINITY) parts.push(`nr_inodes=${inodes}`);
    if (mode !== 0o1777) parts.push(`mode=${mode.toString(8).padStart(3, "0")}`);
    if (uid !== 0) parts.push(`uid=${uid}`);
    if (gid !== 0) parts.push(`gid=${gid}`);
    return parts.join(",");
  }

  statfs(): StatFs {
    const { memory } = this.kernel;
    const free = Math.max(0, Math.floor((memory.limit - memory.used) / BLOCK_SIZE));
    const { sizeBlocks, inodes } = this.#limits;
    const blocks = Math.min(sizeBlocks, Math.floor(memory.limit / BLOCK_SIZE));
    const left = Math.max(0, Math.min(blocks - this.#blocks, free));
    const files = Math.min(inodes, Math.floor(memory.limit / BLOCK_SIZE));
    return {
      type: TMPFS_MAGIC,
      bsize: BLOCK_SIZE,
      blocks,
      bfree: left,
      bavail: left,
      files,
      ffree: Math.max(0, files - this.#inodes),
      namelen: 255,
      flags: 0,
    };
  }

  remount(data: string): void {
    const options = parseTmpfsOptions(data, this.#limits, this.kernel.memory.limit);
    if (limit(options.sizeBlocks) < this.#blocks || limit(options.inodes) < this.#inodes)
      throw EINVAL;
    this.#limits = { ...options, mode: this.#limits.mode };
  }

  release(): void {
    if (this.#released) return;
    this.kernel.memory.uncharge(this.#bytes);
    this.#bytes = 0;
    this.#released = true;
  }

  sync(): Blocking<void> {}

  /** Charges what a copied object holds, whatever the limit. */
  #adopt(bytes: number): void {
    this.kernel.memory.used += bytes;
    this.#bytes += bytes;
  }

  /** A copy for a forked machine: structure copied, data pages shared until either side changes them. */
  fork(kernel: Kernel): Tmpfs {
    const copy = new Tmpfs(kernel, "", this.type, this);
    copy.#adopt(copy.root.bytes);
    // Hard links must stay one inode.
    const linked = new Map<TmpfsInode, TmpfsInode>();
    const pending: [TmpfsDirectory, TmpfsDirectory][] = [[this.root, copy.root]];
    for (let pair = pending.pop(); pair !== undefined; pair = pending.pop()) {
      const [from, to] = pair;
      for (const [name, inode] of from.entries) {
        let made = linked.get(inode);
        copy.#adopt(TmpfsDirectory.entryBytes(name));
        if (made === undefined) {
          made = inode.clone(copy);
          copy.#adopt(made.bytes);
          copy.#inodes++;
          copy.#blocks += made.blocks;
          if (inode.nlink > 1 && !inode.isDirectory) linked.set(inode, made);
          if (inode instanceof TmpfsDirectory) pending.push([inode, made as TmpfsDirectory]);
        }
        to.entries.set(name, made);
      }
    }
    return copy;
  }
}

/** mount -t tmpfs. */
export const tmpfs: FileSystemType = {
  name: "tmpfs",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => new Tmpfs(kernel, data),
};

/** ramfs: tmpfs without limits of its own; it knows mode= only and ignores the rest, as Linux does. */
export const ramfs: FileSystemType = {
  name: "ramfs",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => {
    const mode = /(?:^|,)mode=([0-7]+)/.exec(data)?.[1] ?? "755";
    return new Tmpfs(kernel, `mode=${mode}`, "ramfs").unlimited();
  },
};

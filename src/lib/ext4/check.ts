// Checking an ext2/3/4 file system, and repairing what can be (e2fsck(8)).
import { readFile } from "./data.ts";
import { add, directorySeal, grow, makeEmpty, nameOf, redirect } from "./directory.ts";
import { Ext4Error } from "./error.ts";
import { walkExtents } from "./extents.ts";
import { get16, get32, put16, put32 } from "./fields.ts";
import { BLOCK_UNINIT, INODE_UNINIT } from "./groups.ts";
import { walkIndirect } from "./indirect.ts";
import { isFastLink, mapBlocks, usesBlocks } from "./mapping.ts";
import { FLAG_INDEX, JOURNAL_INO, type Node, RESIZE_INO, ROOT_INO } from "./node.ts";
import {
  COMPAT_HAS_JOURNAL,
  COMPAT_RESIZE_INODE,
  INCOMPAT_RECOVER,
  STATE_ERROR,
  STATE_VALID,
} from "./superblock.ts";
import type { Volume } from "./volume.ts";

/** Something is wrong: the answer says whether to repair it. */
export interface Problem {
  /** What is wrong, as a sentence. */
  readonly text: string;
  /** What repairing it means: "Fix", "Clear" …; undefined: nothing can be done. */
  readonly prompt: string | undefined;
  /** Repaired without asking (-p). */
  readonly safe: boolean;
}

/** An empty `say`: some time has passed. */
export type Finding = { readonly say: string } | Problem;
/** Gives findings, takes answers. */
export type Check = Generator<Finding, Summary, boolean>;

export interface Summary {
  readonly inodes: number;
  readonly blocks: number;
  readonly directories: number;
  /** Files whose blocks are not in one run. */
  readonly scattered: number;
  fixed: boolean;
  left: boolean;
}

/** Problems that are told one by one, at most. */
const MAX_PROBLEMS = 10_000;

interface Found {
  readonly mode: number;
  readonly links: number;
  /** Entries that name it. */
  refs: number;
  /** Of a directory: what its ".." should say. */
  parent: number;
  /** What its ".." says. */
  dotdot: number;
}

class Checker {
  readonly #volume: Volume;
  readonly #used: Uint8Array;
  readonly #twice = new Set<number>();
  readonly #inodes = new Map<number, Found>();
  readonly #acls = new Map<number, number>();
  #problems = 0;
  #scattered = 0;
  #fixed = false;
  #left = false;

  constructor(volume: Volume) {
    this.#volume = volume;
    this.#used = new Uint8Array(Math.ceil(volume.super.blocks / 8));
  }

  *run(): Check {
    yield { say: "Pass 1: Checking inodes, blocks, and sizes" };
    yield* this.#journal();
    yield* this.#resizeInode();
    this.#markGroups();
    yield* this.#scanInodes();
    yield { say: "Pass 2: Checking directory structure" };
    const directories = [...this.#inodes].filter(([, { mode }]) => (mode & 0o170000) === 0o040000);
    let nth = 0;
    for (const [ino, found] of directories) {
      if (++nth % 64 === 0) yield { say: "" };
      yield* this.#directory(ino, found);
    }
    yield { say: "Pass 3: Checking directory connectivity" };
    const lost = yield* this.#connect(directories);
    // Before the counts: blocks may have to be allocated for what is put into lost+found.
    yield { say: "Pass 4: Checking group summary information" };
    yield* this.#bitmaps();
    yield { say: "Pass 5: Checking reference counts" };
    yield* this.#references(lost);
    const s = this.#volume.super;
    if (!this.#left) {
      s.state = (s.state | STATE_VALID) & ~STATE_ERROR;
      s.set32(0x40, this.#volume.options.now());
      s.set16(0x34, 0);
    }
    return {
      inodes: s.inodes - s.freeInodes,
      blocks: s.blocks - s.freeBlocks,
      directories: directories.length,
      scattered: this.#scattered,
      fixed: this.#fixed,
      left: this.#left,
    };
  }

  *#ask(
    text: string,
    prompt: string | undefined,
    safe: boolean,
  ): Generator<Finding, boolean, boolean> {
    if (++this.#problems > MAX_PROBLEMS) throw new Ext4Error("unsupported", "too many problems");
    const answer = yield { text, prompt, safe };
    if (answer && prompt !== undefined) this.#fixed = true;
    else this.#left = true;
    return answer && prompt !== undefined;
  }

  // ---- blocks -------------------------------------------------------------------------------------

  #isUsed(block: number): boolean {
    return ((this.#used[block >>> 3] as number) & (1 << (block & 7))) !== 0;
  }
  /** Marks a run; how many of it were taken already. */
  #mark(start: number, count: number): number {
    let twice = 0;
    for (let block = start; block < start + count; block++) {
      if (this.#isUsed(block)) {
        twice++;
        if (this.#twice.size < 1000) this.#twice.add(block);
      }
      this.#used[block >>> 3] = (this.#used[block >>> 3] as number) | (1 << (block & 7));
    }
    return twice;
  }

  /** A journal that cannot be read is given up. */
  *#journal(): Generator<Finding, void, boolean> {
    const { journalDamage, super: s } = this.#volume;
    if (journalDamage === undefined) return;
    const text = `Superblock has an invalid journal (${journalDamage}).`;
    if (!(yield* this.#ask(text, "Clear", false))) return;
    this.#empty(s.u32(0xe0) || JOURNAL_INO);
    s.compat &= ~COMPAT_HAS_JOURNAL;
    s.incompat &= ~INCOMPAT_RECOVER;
    s.set32(0xe0, 0);
    s.bytes.fill(0, 0x10c, 0x150);
    this.#volume.changeSuper();
  }

  /** The inode that keeps blocks for more descriptors; without it the file system does not grow while mounted. */
  *#resizeInode(): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const s = volume.super;
    if ((s.compat & COMPAT_RESIZE_INODE) === 0) return;
    const node = volume.node(RESIZE_INO);
    try {
      for (const run of node.hasExtents ? [] : walkIndirect(volume, node)) {
        if (run.start + run.count > s.blocks) break;
      }
      return;
    } catch (error) {
      if (!(error instanceof Ext4Error)) throw error;
    }
    if (!(yield* this.#ask("Resize inode not valid.", "Clear", false))) return;
    this.#empty(RESIZE_INO);
    s.compat &= ~COMPAT_RESIZE_INODE;
    s.set16(0xce, 0);
    volume.changeSuper();
  }

  /** A reserved inode without anything. */
  #empty(ino: number): void {
    const node = this.#volume.node(ino);
    node.raw.fill(0);
    node.generation = 0;
    this.#volume.changed(node);
  }

  #markGroups(): void {
    const volume = this.#volume;
    const s = volume.super;
    for (const group of volume.groups) {
      this.#mark(s.firstBlock(group.index), s.baseMeta(group.index));
      this.#mark(group.blockBitmap, 1);
      this.#mark(group.inodeBitmap, 1);
      this.#mark(group.inodeTable, volume.tableBlocks);
    }
  }

  // ---- pass 1 -------------------------------------------------------------------------------------

  *#scanInodes(): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const s = volume.super;
    const perBlock = volume.blockSize / s.inodeSize;
    for (const group of volume.groups) {
      yield { say: "" };
      let count = s.inodesPerGroup;
      if (s.hasGroupCsum) {
        if ((group.flags & INODE_UNINIT) !== 0) continue;
        count -= Math.min(count, group.unusedInodes);
      }
      for (let first = 0; first < count; first += perBlock) {
        const { bytes } = volume.buffers.read(group.inodeTable + first / perBlock);
        for (let i = 0; i < perBlock && first + i < count; i++) {
          const at = i * s.inodeSize;
          const ino = group.index * s.inodesPerGroup + first + i + 1;
          if (get16(bytes, at) === 0 && get16(bytes, at + 0x1a) === 0 && ino >= s.firstInode)
            continue;
          yield* this.#inode(ino);
        }
        volume.buffers.trim();
      }
    }
  }

  *#inode(ino: number): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const s = volume.super;
    const node = volume.node(ino);
    const special = ino < s.firstInode && ino !== ROOT_INO;
    if (s.hasCsum && node.storedChecksum !== node.checksum(volume.seed)) {
      const zero = node.raw.every((byte) => byte === 0);
      if (
        !zero &&
        (yield* this.#ask(
          `Inode ${ino} passes checks, but checksum does not match inode.`,
          "Fix",
          true,
        ))
      ) {
        volume.changed(node);
      }
    }
    if (node.links === 0 && !special) {
      if (node.dtime === 0 && node.mode !== 0) {
        if (yield* this.#ask(`Deleted inode ${ino} has zero dtime.`, "Fix", true)) {
          node.dtime = volume.options.now();
          volume.changed(node);
        }
      }
      volume.forgetNode(node);
      return;
    }
    if (special && node.links === 0 && node.mode === 0) {
      volume.forgetNode(node);
      return;
    }
    const type = node.mode & 0o170000;
    if (!special && ![1, 2, 4, 6, 8, 10, 12].includes(type >> 12)) {
      if (
        yield* this.#ask(
          `Inode ${ino} has an invalid mode (0${node.mode.toString(8)}).`,
          "Clear",
          false,
        )
      ) {
        this.#clear(node);
      }
      return;
    }
    if (node.isSymlink && !this.#linkHolds(node)) {
      if (yield* this.#ask(`Symlink inode ${ino} is invalid.`, "Clear", false)) {
        this.#clear(node);
        return;
      }
    }
    if (ino === RESIZE_INO || (usesBlocks(node) && node.blocksField > 0) || node.isDirectory) {
      if (!(yield* this.#blocks(node))) return;
    }
    const found = { mode: node.mode, links: node.links, refs: 0, parent: 0, dotdot: 0 };
    this.#inodes.set(ino, found);
    if (!node.isDirectory) volume.forgetNode(node);
  }

  /** The target is as long as the inode says. */
  #linkHolds(node: Node): boolean {
    const volume = this.#volume;
    const { size } = node;
    if (size === 0 || size >= volume.blockSize) return false;
    let bytes = node.raw.subarray(0x28, 0x64);
    if (!isFastLink(node)) {
      try {
        bytes = readFile(volume, node, 0, volume.blockSize);
      } catch (error) {
        if (!(error instanceof Ext4Error)) throw error;
        return false;
      }
    }
    const end = bytes.indexOf(0);
    return (end < 0 ? bytes.length : end) === size;
  }

  #clear(node: Node): void {
    node.raw.fill(0);
    node.generation = 0;
    node.dtime = this.#volume.options.now();
    this.#volume.changed(node);
    this.#volume.forgetNode(node);
  }

  /** Marks what an inode has; false when the inode was cleared. */
  *#blocks(node: Node): Generator<Finding, boolean, boolean> {
    const volume = this.#volume;
    let count = 0;
    let twice = 0;
    let last = 0;
    let next = 0;
    let scattered = false;
    // Marked when all is known to be whole.
    const runs: [start: number, count: number][] = [];
    try {
      for (const run of node.hasExtents ? walkExtents(volume, node) : walkIndirect(volume, node)) {
        runs.push([run.start, run.count]);
        count += run.count;
        if (run.meta) continue;
        if (next !== 0 && run.start !== next) scattered = true;
        next = run.start + run.count;
        if (run.unwritten !== true) last = Math.max(last, run.at + run.count);
      }
      if (node.acl !== 0) {
        volume.buffers.read(node.acl);
        const users = this.#acls.get(node.acl);
        if (users === undefined) runs.push([node.acl, 1]);
        this.#acls.set(node.acl, (users ?? 0) + 1);
        count++;
      }
    } catch (error) {
      if (!(error instanceof Ext4Error)) throw error;
      const clear = yield* this.#ask(
        `Inode ${node.ino} has damaged blocks (${error.message}).`,
        node.ino < volume.super.firstInode ? undefined : "Clear inode",
        false,
      );
      if (clear) this.#clear(node);
      return !clear;
    }
    for (const [start, length] of runs) twice += this.#mark(start, length);
    if (scattered) this.#scattered++;
    if (node.ino === RESIZE_INO) return true;
    if (twice > 0) {
      yield* this.#ask(
        `Inode ${node.ino} has ${twice} block(s) that others have too.`,
        undefined,
        false,
      );
    }
    const { blockSize } = volume;
    if (node.sectors(blockSize) !== (count * blockSize) / 512) {
      const text = `Inode ${node.ino}, i_blocks is ${node.sectors(blockSize)}, should be ${(count * blockSize) / 512}.`;
      if (yield* this.#ask(text, "Fix", true)) {
        node.addBlocks(count - node.sectors(blockSize) / (blockSize / 512), blockSize);
        volume.changed(node);
      }
    }
    const short = node.isRegular && node.size < (last - 1) * blockSize;
    if (short || (node.isDirectory && node.size !== last * blockSize)) {
      const text = `Inode ${node.ino}, i_size is ${node.size}, should be ${last * blockSize}.`;
      if (yield* this.#ask(text, "Fix", true)) {
        node.size = last * blockSize;
        volume.changed(node);
      }
    }
    return true;
  }

  // ---- pass 2 -------------------------------------------------------------------------------------

  *#directory(ino: number, found: Found): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const { blockSize } = volume;
    const node = volume.node(ino);
    const count = Math.ceil(node.size / blockSize);
    const names = new Set<string>();
    for (let at = 0; at < count; at++) {
      let start: number;
      try {
        ({ start } = mapBlocks(volume, node, at, 1));
      } catch (error) {
        if (!(error instanceof Ext4Error)) throw error;
        return;
      }
      if (start === 0) {
        yield* this.#ask(
          `Directory inode ${ino} has an unallocated block #${at}.`,
          undefined,
          false,
        );
        continue;
      }
      const buf = volume.buffers.read(start);
      const b = buf.bytes;
      let wrote = false;
      for (let offset = 0; offset < blockSize; ) {
        const length = get16(b, offset + 4);
        const nameLength = b[offset + 6] as number;
        if (
          length < 12 ||
          length % 4 !== 0 ||
          offset + length > blockSize ||
          (8 + nameLength > length && get32(b, offset) !== 0)
        ) {
          const text = `Directory inode ${ino}, block #${at}, offset ${offset}: directory corrupted`;
          if (yield* this.#ask(text, "Salvage", false)) {
            // What follows cannot be told from rubbish.
            const rest = volume.super.hasCsum ? blockSize - 12 - offset : blockSize - offset;
            b.fill(0, offset);
            if (rest >= 12) put16(b, offset + 4, rest);
            wrote = true;
          }
          break;
        }
        if (get32(b, offset) !== 0 && nameLength > 0) {
          let name = "";
          for (let i = 0; i < nameLength; i++)
            name += String.fromCharCode(b[offset + 8 + i] as number);
          if (yield* this.#entry(ino, found, b, offset, name, at, names)) wrote = true;
        }
        offset += length;
      }
      if (at === 0 && !(names.has(".") && names.has(".."))) {
        yield* this.#ask(`Missing '.' or '..' in directory inode ${ino}.`, undefined, false);
      }
      yield* this.#directoryChecksum(node, at, b, start, wrote);
      volume.buffers.trim();
    }
    if ((found.parent === 0 || ino === ROOT_INO) && found.dotdot === 0) found.dotdot = ROOT_INO;
  }

  *#directoryChecksum(
    node: Node,
    at: number,
    b: Uint8Array,
    start: number,
    wrote: boolean,
  ): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const seal = directorySeal(volume, node);
    const buf = volume.buffers.read(start);
    if (seal === undefined) {
      if (wrote) volume.buffers.change(buf);
      return;
    }
    // Inner blocks of a hash tree have a checksum elsewhere.
    const inner = (node.flags & FLAG_INDEX) !== 0 && (at === 0 || get16(b, 4) === volume.blockSize);
    if (inner) {
      if (wrote) volume.buffers.change(buf);
      return;
    }
    const copy = b.slice();
    seal(copy);
    let differs = false;
    for (let i = b.length - 12; i < b.length; i++) if (copy[i] !== b[i]) differs = true;
    if (!differs && !wrote) return;
    if (!wrote) {
      const text = `Directory inode ${node.ino}, block #${at}: directory fails checksum.`;
      if (!(yield* this.#ask(text, "Fix", false))) return;
    }
    volume.buffers.change(buf, seal);
  }

  /** True when the entry was changed. */
  *#entry(
    ino: number,
    found: Found,
    b: Uint8Array,
    offset: number,
    name: string,
    at: number,
    names: Set<string>,
  ): Generator<Finding, boolean, boolean> {
    const to = get32(b, offset);
    const what = `Entry '${name}' in directory inode ${ino}`;
    const clear = function* (this: Checker, text: string): Generator<Finding, boolean, boolean> {
      if (!(yield* this.#ask(text, "Clear", false))) return false;
      put32(b, offset, 0);
      return true;
    }.bind(this);
    if (names.has(name))
      return yield* clear(`Duplicate ${what[0]?.toLowerCase()}${what.slice(1)} found.`);
    names.add(name);
    if (at === 0 && offset === 0 && name === ".") {
      if (to === ino) return false;
      if (
        !(yield* this.#ask(`Invalid inode number for '.' in directory inode ${ino}.`, "Fix", true))
      )
        return false;
      put32(b, offset, ino);
      return true;
    }
    if (name === "..") {
      found.dotdot = to;
      return false;
    }
    const target = this.#inodes.get(to);
    if (to > this.#volume.super.inodes || (to < this.#volume.super.firstInode && to !== ROOT_INO)) {
      return yield* clear(`${what} has invalid inode #: ${to}.`);
    }
    if (target === undefined) return yield* clear(`${what} has deleted/unused inode ${to}.`);
    if (to === ROOT_INO || to === ino)
      return yield* clear(`${what} is a link to the root or to itself.`);
    if ((target.mode & 0o170000) === 0o040000) {
      if (target.parent !== 0) return yield* clear(`${what} is a link to directory inode ${to}.`);
      target.parent = ino;
    }
    target.refs++;
    const type = this.#volume.super.hasFileType ? typeOf(target.mode) : 0;
    if (b[offset + 7] === type) return false;
    if (!this.#volume.super.hasFileType) return false;
    if (
      !(yield* this.#ask(
        `${what} has an incorrect filetype (was ${b[offset + 7]}, should be ${type}).`,
        "Fix",
        true,
      ))
    ) {
      return false;
    }
    b[offset + 7] = type;
    return true;
  }

  // ---- passes 3 and 5 -----------------------------------------------------------------------------

  /** Directories that are not below the root, one of each lost tree. */
  *#connect(directories: readonly [number, Found][]): Generator<Finding, number[], boolean> {
    const root = this.#inodes.get(ROOT_INO);
    if (root === undefined || (root.mode & 0o170000) !== 0o040000) {
      yield* this.#ask("Root inode is not a directory.", undefined, false);
      return [];
    }
    root.parent = ROOT_INO;
    const connected = new Set([ROOT_INO]);
    const lost: number[] = [];
    for (const [ino] of directories) {
      const way: number[] = [];
      let at = ino;
      const seen = new Set<number>();
      while (!connected.has(at) && !seen.has(at)) {
        seen.add(at);
        way.push(at);
        const { parent } = this.#inodes.get(at) as Found;
        if (parent === 0 || !this.#inodes.has(parent)) break;
        at = parent;
      }
      if (!connected.has(at)) {
        const top = way[way.length - 1] as number;
        if (yield* this.#ask(`Unconnected directory inode ${top}.`, "Connect to /lost+found", true))
          lost.push(top);
      }
      for (const each of way) connected.add(each);
    }
    for (const [ino, found] of directories) {
      if (lost.includes(ino) || found.parent === 0 || found.dotdot === found.parent) continue;
      const text = `'..' in directory inode ${ino} is ${found.dotdot}, should be ${found.parent}.`;
      if (yield* this.#ask(text, "Fix", true)) {
        redirect(this.#volume, this.#volume.node(ino), "..", found.parent, 2);
      }
    }
    return lost;
  }

  *#references(lost: readonly number[]): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const s = volume.super;
    const bin = yield* this.#lostAndFound(lost);
    const subdirectories = new Map<number, number>();
    for (const { mode, parent } of this.#inodes.values()) {
      if ((mode & 0o170000) !== 0o040000 || parent === 0) continue;
      subdirectories.set(parent, (subdirectories.get(parent) ?? 0) + 1);
    }
    // The root is its own parent.
    subdirectories.set(ROOT_INO, (subdirectories.get(ROOT_INO) ?? 1) - 1);
    for (const [ino, found] of this.#inodes) {
      if (ino < s.firstInode && ino !== ROOT_INO) continue;
      const directory = (found.mode & 0o170000) === 0o040000;
      if (found.refs === 0 && !directory && ino !== s.u32(0x280)) {
        const connect = yield* this.#ask(
          `Unattached inode ${ino}.`,
          "Connect to /lost+found",
          true,
        );
        if (connect && bin !== undefined) {
          add(volume, bin, `#${ino}`, ino, typeOf(found.mode));
          found.refs = 1;
        } else continue;
      }
      let links = found.refs;
      if (directory) {
        links = 2 + (subdirectories.get(ino) ?? 0);
        if (found.links === 1 && links > 65000) continue;
        if (links > 65000) links = 1;
      } else if (ino === s.u32(0x280)) continue;
      if (found.links === links) continue;
      const text = `Inode ${ino} ref count is ${found.links}, should be ${links}.`;
      if (yield* this.#ask(text, "Fix", true)) {
        const node = volume.node(ino);
        node.links = links;
        volume.changed(node);
      }
    }
  }

  /** Puts lost directories into lost+found; where that is, for lost files. */
  *#lostAndFound(lost: readonly number[]): Generator<Finding, Node | undefined, boolean> {
    const volume = this.#volume;
    const need =
      lost.length > 0 ||
      [...this.#inodes].some(([ino, each]) => {
        return (
          each.refs === 0 && ino >= volume.super.firstInode && (each.mode & 0o170000) !== 0o040000
        );
      });
    const root = volume.node(ROOT_INO);
    let ino = 0;
    for (const [each, { parent, mode }] of this.#inodes) {
      if (parent !== ROOT_INO || each === ROOT_INO || (mode & 0o170000) !== 0o040000) continue;
      if (nameOf(volume, root, each) === "lost+found") ino = each;
    }
    if (ino === 0) {
      if (!need) return undefined;
      if (!(yield* this.#ask("/lost+found not found.", "Create", true))) return undefined;
      ino = this.#makeLostAndFound(root);
    }
    const bin = volume.node(ino);
    for (const each of lost) {
      add(volume, bin, `#${each}`, each, 2);
      redirect(volume, volume.node(each), "..", ino, 2);
      (this.#inodes.get(each) as Found).parent = ino;
    }
    if (need && bin.size === 0) grow(volume, bin);
    return bin;
  }

  #makeLostAndFound(root: Node): number {
    const volume = this.#volume;
    const now = { sec: volume.options.now(), nsec: 0 };
    const made = volume.create(root, 0o040700, 0, 0, now);
    makeEmpty(volume, made, ROOT_INO);
    made.links = 2;
    add(volume, root, "lost+found", made.ino, 2);
    const found = { mode: made.mode, links: 2, refs: 1, parent: ROOT_INO, dotdot: ROOT_INO };
    this.#inodes.set(made.ino, found);
    return made.ino;
  }

  // ---- pass 4 -------------------------------------------------------------------------------------

  /** Compares bitmaps and counts, and rewrites them. */
  *#bitmaps(): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const s = volume.super;
    let freeBlocks = 0;
    let freeInodes = 0;
    for (const group of volume.groups) {
      yield { say: "" };
      const first = s.firstBlock(group.index);
      const count = s.blocksIn(group.index);
      const blocks = new Uint8Array(volume.blockSize);
      let free = 0;
      for (let i = 0; i < volume.blockSize * 8; i++) {
        if (i < count && !this.#isUsed(first + i)) free++;
        else blocks[i >> 3] = (blocks[i >> 3] as number) | (1 << (i & 7));
      }
      const inodes = new Uint8Array(volume.blockSize).fill(0xff);
      let unused = 0;
      let directories = 0;
      for (let i = 0; i < s.inodesPerGroup; i++) {
        const ino = group.index * s.inodesPerGroup + i + 1;
        const found = this.#inodes.get(ino);
        if (found !== undefined && (found.mode & 0o170000) === 0o040000) directories++;
        if (found !== undefined || ino < s.firstInode) continue;
        unused++;
        inodes[i >> 3] = (inodes[i >> 3] as number) & ~(1 << (i & 7));
      }
      freeBlocks += free;
      freeInodes += unused;
      yield* this.#bitmap(group.index, "block", blocks, s.blocksPerGroup);
      yield* this.#bitmap(group.index, "inode", inodes, s.inodesPerGroup);
      for (const [what, key, value] of [
        ["Free blocks", "freeBlocks", free],
        ["Free inodes", "freeInodes", unused],
        ["Directories", "usedDirs", directories],
      ] as const) {
        if (group[key] === value) continue;
        const text = `${what} count wrong for group #${group.index} (${group[key]}, counted=${value}).`;
        if (yield* this.#ask(text, "Fix", true)) {
          group[key] = value;
          volume.changeGroup(group);
        }
      }
      if (s.hasGroupCsum && group.checksum !== group.expected(s, volume.seed))
        volume.changeGroup(group);
      volume.buffers.trim();
    }
    for (const [what, key, value] of [
      ["Free blocks", "freeBlocks", freeBlocks],
      ["Free inodes", "freeInodes", freeInodes],
    ] as const) {
      if (s[key] === value) continue;
      if (yield* this.#ask(`${what} count wrong (${s[key]}, counted=${value}).`, "Fix", true)) {
        s[key] = value;
        volume.changeSuper();
      }
    }
  }

  *#bitmap(
    index: number,
    which: "block" | "inode",
    bits: Uint8Array,
    count: number,
  ): Generator<Finding, void, boolean> {
    const volume = this.#volume;
    const group = volume.groups[index] as (typeof volume.groups)[number];
    const flag = which === "block" ? BLOCK_UNINIT : INODE_UNINIT;
    const s = volume.super;
    let there: Uint8Array | undefined;
    let sealed = true;
    try {
      const buf = which === "block" ? volume.blockBitmap(group) : volume.inodeBitmap(group);
      there = buf.bytes;
    } catch (error) {
      if (!(error instanceof Ext4Error)) throw error;
      sealed = false;
    }
    if (there !== undefined) {
      const limit = which === "block" ? s.blocksIn(index) : count;
      let differs = 0;
      let example = "";
      for (let i = 0; i < limit; i++) {
        const mask = 1 << (i & 7);
        const want = (bits[i >> 3] as number) & mask;
        if (want === ((there[i >> 3] as number) & mask)) continue;
        const number =
          which === "block" ? s.firstBlock(index) + i : index * s.inodesPerGroup + i + 1;
        if (differs++ < 20) example += ` ${want === 0 ? "-" : "+"}${number}`;
      }
      if (differs === 0) return;
      const name = which === "block" ? "Block" : "Inode";
      if (
        !(yield* this.#ask(
          `${name} bitmap differences: ${example}${differs > 20 ? " ..." : ""}`,
          "Fix",
          true,
        ))
      )
        return;
    } else if (!sealed) {
      const text = `Group ${index} ${which} bitmap does not match checksum.`;
      if (!(yield* this.#ask(text, "Fix", true))) return;
    }
    group.flags &= ~flag;
    const block = which === "block" ? group.blockBitmap : group.inodeBitmap;
    const buf = volume.buffers.fresh(block);
    buf.bytes.set(bits);
    buf.checked = "bitmap";
    volume.changeBitmap(which, group, buf);
  }
}

function typeOf(mode: number): number {
  return [0, 5, 3, 0, 2, 0, 4, 0, 1, 0, 7, 0, 6][(mode & 0o170000) >> 12] ?? 0;
}

/** Goes through the whole file system; the volume must have been opened as tolerant. */
export function check(volume: Volume): Check {
  return new Checker(volume).run();
}

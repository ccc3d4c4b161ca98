// Extent trees of ext4 (Linux: Documentation/filesystems/ext4/ifork.rst).
import type { Buf } from "./buffers.ts";
import { crc32c } from "./crc.ts";
import { corrupt } from "./error.ts";
import { get16, get32, put16, put32 } from "./fields.ts";
import type { Run } from "./mapping.ts";
import type { Node } from "./node.ts";
import type { Volume } from "./volume.ts";

const MAGIC = 0xf30a;
const MAX_DEPTH = 5;
/** Longest extent; those that are unwritten say so by a larger length. */
const MAX_LENGTH = 32768;
const ROOT_AT = 0x28;
const ROOT_ENTRIES = 4;

/** One node of the tree: header and entries of twelve bytes. */
class Level {
  readonly bytes: Uint8Array;
  readonly base: number;
  readonly buf: Buf | undefined;
  /** The entry that was chosen; -1: all are behind. */
  index = -1;

  constructor(bytes: Uint8Array, base: number, buf: Buf | undefined) {
    this.bytes = bytes;
    this.base = base;
    this.buf = buf;
  }
  get entries(): number {
    return get16(this.bytes, this.base + 2);
  }
  set entries(count: number) {
    put16(this.bytes, this.base + 2, count);
  }
  get max(): number {
    return get16(this.bytes, this.base + 4);
  }
  get depth(): number {
    return get16(this.bytes, this.base + 6);
  }
  at(i: number): number {
    return this.base + 12 + 12 * i;
  }
  /** First file block of an entry. */
  key(i: number): number {
    return get32(this.bytes, this.at(i));
  }
  setKey(i: number, key: number): void {
    put32(this.bytes, this.at(i), key);
  }
  child(i: number): number {
    return get32(this.bytes, this.at(i) + 4) + get16(this.bytes, this.at(i) + 8) * 2 ** 32;
  }
  setIndex(i: number, key: number, child: number): void {
    put32(this.bytes, this.at(i), key);
    put32(this.bytes, this.at(i) + 4, child % 2 ** 32);
    put16(this.bytes, this.at(i) + 8, Math.floor(child / 2 ** 32));
    put16(this.bytes, this.at(i) + 10, 0);
  }
  length(i: number): number {
    const length = get16(this.bytes, this.at(i) + 4);
    return length > MAX_LENGTH ? length - MAX_LENGTH : length;
  }
  isUnwritten(i: number): boolean {
    return get16(this.bytes, this.at(i) + 4) > MAX_LENGTH;
  }
  start(i: number): number {
    return get32(this.bytes, this.at(i) + 8) + get16(this.bytes, this.at(i) + 6) * 2 ** 32;
  }
  setExtent(i: number, key: number, length: number, start: number, unwritten: boolean): void {
    put32(this.bytes, this.at(i), key);
    put16(this.bytes, this.at(i) + 4, unwritten ? length + MAX_LENGTH : length);
    put16(this.bytes, this.at(i) + 6, Math.floor(start / 2 ** 32));
    put32(this.bytes, this.at(i) + 8, start % 2 ** 32);
  }
  /** Makes room for an entry before the i-th. */
  open(i: number): void {
    this.bytes.copyWithin(this.at(i + 1), this.at(i), this.at(this.entries));
    this.entries++;
  }
  close(i: number): void {
    this.bytes.copyWithin(this.at(i), this.at(i + 1), this.at(this.entries));
    this.entries--;
    this.bytes.fill(0, this.at(this.entries), this.at(this.entries + 1));
  }
}

function checked(volume: Volume, node: Node, level: Level, depth: number, room: number): Level {
  const { bytes, base } = level;
  const bad = (what: string): never =>
    corrupt(`inode #${node.ino}: pblk ${level.buf?.block ?? 0} bad header/extent: ${what}`);
  if (get16(bytes, base) !== MAGIC) bad("invalid magic");
  if (depth >= 0 && level.depth !== depth) bad("unexpected eh_depth");
  if (level.depth > MAX_DEPTH) bad("too large eh_depth");
  if (level.max === 0 || level.max > room) bad("too large eh_max");
  if (level.entries > level.max) bad("invalid eh_entries");
  if (level.entries === 0 && level.depth > 0) bad("invalid eh_entries");
  if (level.buf !== undefined && level.buf.checked !== `extents ${node.ino}`) {
    if (volume.super.hasCsum && volume.options.tolerant !== true) {
      const end = base + 12 + 12 * level.max;
      if (get32(bytes, end) !== crc32c(node.seed(volume.seed), bytes, base, end)) {
        bad("extent tree corrupted, checksum is wrong");
      }
    }
    // Entries in order, within the device.
    let last = -1;
    const { blocks, firstDataBlock } = volume.super;
    for (let i = 0; i < level.entries; i++) {
      const key = level.key(i);
      if (key <= last) bad("invalid extent entries");
      last = key;
      if (level.depth > 0) {
        if (level.child(i) <= firstDataBlock || level.child(i) >= blocks)
          bad("invalid index entries");
        continue;
      }
      const length = level.length(i);
      const start = level.start(i);
      if (length === 0 || start <= firstDataBlock || start + length > blocks) {
        bad("invalid extent entries");
      }
      last = key + length - 1;
    }
    level.buf.checked = `extents ${node.ino}`;
  }
  return level;
}

function rootOf(volume: Volume, node: Node): Level {
  const root = checked(volume, node, new Level(node.raw, ROOT_AT, undefined), -1, ROOT_ENTRIES);
  if (root.depth === 0) {
    for (let i = 0; i < root.entries; i++) {
      const start = root.start(i);
      if (root.length(i) === 0 || start <= 0 || start + root.length(i) > volume.super.blocks) {
        corrupt(`inode #${node.ino}: bad header/extent: invalid extent entries`);
      }
    }
  }
  return root;
}

function roomOf(volume: Volume): number {
  return Math.floor((volume.blockSize - 12) / 12);
}

function childLevel(volume: Volume, node: Node, parent: Level, i: number): Level {
  const buf = volume.buffers.read(parent.child(i));
  const level = new Level(buf.bytes, 0, buf);
  return checked(volume, node, level, parent.depth - 1, roomOf(volume));
}

/** The nodes from the root to the leaf that is responsible for a block. */
function find(volume: Volume, node: Node, block: number): Level[] {
  let level = rootOf(volume, node);
  const path = [level];
  for (;;) {
    // The last entry that does not begin behind the block.
    let low = 0;
    let high = level.entries;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (level.key(middle) <= block) low = middle + 1;
      else high = middle;
    }
    level.index = low - 1;
    if (level.depth === 0) return path;
    level.index = Math.max(0, level.index);
    level = childLevel(volume, node, level, level.index);
    path.push(level);
  }
}

function changed(volume: Volume, node: Node, level: Level): void {
  volume.changed(node);
  const { buf } = level;
  if (buf === undefined) return;
  buf.checked = `extents ${node.ino}`;
  volume.buffers.change(buf, extentSeal(volume, node));
}

function extentSeal(volume: Volume, node: Node): ((bytes: Uint8Array) => void) | undefined {
  if (!volume.super.hasCsum) return undefined;
  return (bytes) => {
    const end = 12 + 12 * get16(bytes, 4);
    put32(bytes, end, crc32c(node.seed(volume.seed), bytes, 0, end));
  };
}

/** First block of the next leaf; undefined at the end. */
function nextLeaf(path: readonly Level[]): number | undefined {
  for (let i = path.length - 2; i >= 0; i--) {
    const level = path[i] as Level;
    if (level.index + 1 < level.entries) return level.key(level.index + 1);
  }
  return undefined;
}

export function extentMap(volume: Volume, node: Node, at: number, max: number): Run {
  const path = find(volume, node, at);
  const leaf = path[path.length - 1] as Level;
  const i = leaf.index;
  if (i >= 0) {
    const inside = at - leaf.key(i);
    const left = leaf.length(i) - inside;
    if (left > 0) {
      const unwritten = leaf.isUnwritten(i);
      return { start: leaf.start(i) + inside, count: Math.min(max, left), unwritten };
    }
  }
  const next = i + 1 < leaf.entries ? leaf.key(i + 1) : nextLeaf(path);
  const count = next === undefined || next <= at ? max : Math.min(max, next - at);
  return { start: 0, count: Math.max(1, count), unwritten: false };
}

/** The first key of a node has changed: those above follow. */
function fixKeys(
  volume: Volume,
  node: Node,
  path: readonly Level[],
  from: number,
  key: number,
): void {
  for (let i = from - 1; i >= 0; i--) {
    const level = path[i] as Level;
    level.setKey(level.index, key);
    changed(volume, node, level);
    if (level.index > 0) break;
  }
}

export function extentSet(volume: Volume, node: Node, at: number, run: Run): void {
  const { unwritten } = run;
  // Lengths of unwritten extents have one value less.
  const most = unwritten ? MAX_LENGTH - 1 : MAX_LENGTH;
  for (let done = 0; done < run.count; ) {
    const count = Math.min(run.count - done, most);
    insert(volume, node, at + done, count, run.start + done, unwritten, most);
    done += count;
  }
  node.addBlocks(run.count, volume.blockSize);
  volume.changed(node);
}

function insert(
  volume: Volume,
  node: Node,
  key: number,
  length: number,
  start: number,
  unwritten: boolean,
  most: number,
): void {
  for (let tries = 0; tries < 2 * MAX_DEPTH + 4; tries++) {
    const path = find(volume, node, key);
    const depth = path.length - 1;
    const leaf = path[depth] as Level;
    const i = leaf.index;
    if (i >= 0) {
      const end = leaf.key(i) + leaf.length(i);
      if (end > key) corrupt(`inode #${node.ino}: extents overlap at block ${key}`);
      if (
        end === key &&
        leaf.isUnwritten(i) === unwritten &&
        leaf.start(i) + leaf.length(i) === start &&
        leaf.length(i) + length <= most
      ) {
        leaf.setExtent(i, leaf.key(i), leaf.length(i) + length, leaf.start(i), unwritten);
        changed(volume, node, leaf);
        return;
      }
    }
    if (i + 1 < leaf.entries) {
      if (key + length > leaf.key(i + 1))
        corrupt(`inode #${node.ino}: extents overlap at block ${key}`);
      if (
        key + length === leaf.key(i + 1) &&
        leaf.isUnwritten(i + 1) === unwritten &&
        start + length === leaf.start(i + 1) &&
        leaf.length(i + 1) + length <= most
      ) {
        leaf.setExtent(i + 1, key, leaf.length(i + 1) + length, start, unwritten);
        changed(volume, node, leaf);
        if (i < 0) fixKeys(volume, node, path, depth, key);
        return;
      }
    }
    if (leaf.entries < leaf.max) {
      leaf.open(i + 1);
      leaf.setExtent(i + 1, key, length, start, unwritten);
      changed(volume, node, leaf);
      if (i < 0) fixKeys(volume, node, path, depth, key);
      return;
    }
    makeRoom(volume, node, path, start);
  }
  corrupt(`inode #${node.ino}: extent tree cannot grow`);
}

/** A new node of the tree at some depth. */
function newLevel(volume: Volume, node: Node, depth: number, goal: number): Level {
  const buf = volume.newMeta(node, goal);
  const level = new Level(buf.bytes, 0, buf);
  put16(buf.bytes, 0, MAGIC);
  put16(buf.bytes, 4, roomOf(volume));
  put16(buf.bytes, 6, depth);
  changed(volume, node, level);
  return level;
}

/** Splits the lowest full node whose parent has room, or makes the tree higher. */
function makeRoom(volume: Volume, node: Node, path: readonly Level[], goal: number): void {
  let k = path.length - 1;
  while (k > 0 && (path[k - 1] as Level).entries >= (path[k - 1] as Level).max) k--;
  const level = path[k] as Level;
  if (k === 0) {
    if (level.depth >= MAX_DEPTH) corrupt(`inode #${node.ino}: extent tree is too high`);
    const copy = newLevel(volume, node, level.depth, goal);
    copy.bytes.set(level.bytes.subarray(level.at(0), level.at(level.entries)), copy.at(0));
    copy.entries = level.entries;
    level.bytes.fill(0, level.at(0), level.at(ROOT_ENTRIES));
    put16(level.bytes, level.base + 6, level.depth + 1);
    level.entries = 1;
    level.setIndex(0, copy.key(0), (copy.buf as Buf).block);
    changed(volume, node, level);
    return;
  }
  const { entries } = level;
  // At the end of the file nodes are left full.
  const keep = level.index >= entries - 1 ? entries - 1 : entries >> 1;
  const made = newLevel(volume, node, level.depth, goal);
  made.bytes.set(level.bytes.subarray(level.at(keep), level.at(entries)), made.at(0));
  made.entries = entries - keep;
  level.bytes.fill(0, level.at(keep), level.at(entries));
  level.entries = keep;
  changed(volume, node, level);
  const parent = path[k - 1] as Level;
  parent.open(parent.index + 1);
  parent.setIndex(parent.index + 1, made.key(0), (made.buf as Buf).block);
  changed(volume, node, parent);
}

/** Removes an entry; nodes that are left empty go too. */
function removeEntry(
  volume: Volume,
  node: Node,
  path: readonly Level[],
  k: number,
  i: number,
): void {
  const level = path[k] as Level;
  level.close(i);
  if (level.entries === 0 && k > 0) {
    const { block } = level.buf as Buf;
    volume.release(block, 1, true);
    node.addBlocks(-1, volume.blockSize);
    removeEntry(volume, node, path, k - 1, (path[k - 1] as Level).index);
    return;
  }
  if (level.entries === 0) {
    put16(level.bytes, level.base + 6, 0);
    put16(level.bytes, level.base + 4, ROOT_ENTRIES);
  }
  changed(volume, node, level);
  if (i === 0 && level.entries > 0) fixKeys(volume, node, path, k, level.key(0));
}

export function extentRemove(
  volume: Volume,
  node: Node,
  from: number,
  to: number,
  free: (start: number, count: number) => void,
): void {
  for (let at = from; at < to; ) {
    const path = find(volume, node, at);
    const depth = path.length - 1;
    const leaf = path[depth] as Level;
    let i = leaf.index;
    if (i < 0 || leaf.key(i) + leaf.length(i) <= at) i++;
    if (i >= leaf.entries) {
      const next = nextLeaf(path);
      if (next === undefined) break;
      if (next <= at) corrupt(`inode #${node.ino}: extent tree is not in order`);
      at = next;
      continue;
    }
    const key = leaf.key(i);
    const end = key + leaf.length(i);
    if (key >= to) break;
    const start = leaf.start(i);
    const unwritten = leaf.isUnwritten(i);
    const first = Math.max(key, at);
    const last = Math.min(end, to);
    free(start + first - key, last - first);
    if (first === key && last === end) removeEntry(volume, node, path, depth, i);
    else if (first === key) {
      leaf.setExtent(i, last, end - last, start + last - key, unwritten);
      changed(volume, node, leaf);
      if (i === 0) fixKeys(volume, node, path, depth, last);
    } else {
      leaf.setExtent(i, key, first - key, start, unwritten);
      changed(volume, node, leaf);
      if (last < end) {
        const most = unwritten ? MAX_LENGTH - 1 : MAX_LENGTH;
        insert(volume, node, last, end - last, start + last - key, unwritten, most);
      }
    }
    at = last;
  }
  collapse(volume, node);
}

/** A tree whose only leaf would fit into the inode is put there. */
function collapse(volume: Volume, node: Node): void {
  for (let tries = 0; tries < MAX_DEPTH; tries++) {
    const root = rootOf(volume, node);
    if (root.depth === 0 || root.entries !== 1) return;
    const child = childLevel(volume, node, root, 0);
    if (child.entries > ROOT_ENTRIES) return;
    const { block } = child.buf as Buf;
    root.bytes.fill(0, root.at(0), root.at(ROOT_ENTRIES));
    root.bytes.set(child.bytes.subarray(child.at(0), child.at(child.entries)), root.at(0));
    put16(root.bytes, root.base + 6, child.depth);
    root.entries = child.entries;
    volume.release(block, 1, true);
    node.addBlocks(-1, volume.blockSize);
    changed(volume, node, root);
  }
}

/** Every extent and every node of the tree, for programs that check; throws when it is damaged. */
export function* walkExtents(
  volume: Volume,
  node: Node,
): Iterable<{ at: number; start: number; count: number; meta: boolean; unwritten?: boolean }> {
  const pending: { level: Level; i: number }[] = [{ level: rootOf(volume, node), i: 0 }];
  for (let top = pending.at(-1); top !== undefined; top = pending.at(-1)) {
    const { level, i } = top;
    if (i >= level.entries) {
      pending.pop();
      continue;
    }
    top.i++;
    if (level.depth === 0) {
      const unwritten = level.isUnwritten(i);
      yield {
        at: level.key(i),
        start: level.start(i),
        count: level.length(i),
        meta: false,
        unwritten,
      };
      continue;
    }
    yield { at: level.key(i), start: level.child(i), count: 1, meta: true };
    pending.push({ level: childLevel(volume, node, level, i), i: 0 });
  }
}

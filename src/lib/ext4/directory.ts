// Directories of ext2/3/4: linear blocks; hash trees are read as the linear blocks they are too.
import type { Buf } from "./buffers.ts";
import { crc32c } from "./crc.ts";
import { corrupt, Ext4Error } from "./error.ts";
import { get16, get32, put16, put32 } from "./fields.ts";
import { mapBlocks, setBlocks } from "./mapping.ts";
import { FLAG_INDEX, type Node } from "./node.ts";
import type { Volume } from "./volume.ts";

/** Bytes of a directory, at most. */
const MAX_SIZE = 256 * 1024 * 1024;
/** Bytes of directories whose names are in memory, together; larger ones are searched where they are. */
const NAMED = 8 * 1024 * 1024;
/** Directories whose names are remembered. */
const MAX_REMEMBERED = 128;
const TAIL = 12;
const TAIL_TYPE = 0xde;

export interface DirEntry {
  readonly ino: number;
  /** File type as in the entry (1 regular, 2 directory, … 7 link); 0 when it is not kept there. */
  readonly type: number;
  readonly name: string;
}

interface Place {
  ino: number;
  type: number;
  /** Block of the directory. */
  at: number;
}

interface Names {
  map: Map<string, Place>;
  /** Largest gap of each block. */
  gaps: number[];
}

/** Type in a directory entry of a mode. */
export function fileType(mode: number): number {
  switch (mode & 0o170000) {
    case 0o100000:
      return 1;
    case 0o040000:
      return 2;
    case 0o020000:
      return 3;
    case 0o060000:
      return 4;
    case 0o010000:
      return 5;
    case 0o140000:
      return 6;
    case 0o120000:
      return 7;
    default:
      return 0;
  }
}

function entrySize(nameLength: number): number {
  return (8 + nameLength + 3) & ~3;
}

/** Bytes of a block that entries can take. */
function room(volume: Volume): number {
  return volume.super.hasCsum ? volume.blockSize - TAIL : volume.blockSize;
}

function putEntry(
  volume: Volume,
  b: Uint8Array,
  at: number,
  length: number,
  ino: number,
  type: number,
  name: string,
): void {
  put32(b, at, ino);
  put16(b, at + 4, length);
  b[at + 6] = name.length;
  b[at + 7] = volume.super.hasFileType ? type : 0;
  for (let i = 0; i < name.length; i++) b[at + 8 + i] = name.charCodeAt(i);
}

function nameAt(b: Uint8Array, at: number): string {
  return String.fromCharCode.apply(
    null,
    b.subarray(at + 8, at + 8 + (b[at + 6] as number)) as unknown as number[],
  );
}

/** Writes the checksum of a block to its end; undefined where there are none. */
export function directorySeal(
  volume: Volume,
  node: Node,
): ((bytes: Uint8Array) => void) | undefined {
  if (!volume.super.hasCsum) return undefined;
  return (bytes) => {
    const end = bytes.length - TAIL;
    put32(bytes, end, 0);
    put16(bytes, end + 4, TAIL);
    bytes[end + 6] = 0;
    bytes[end + 7] = TAIL_TYPE;
    put32(bytes, end + 8, crc32c(node.seed(volume.seed), bytes, 0, end));
  };
}

function changed(volume: Volume, node: Node, buf: Buf): void {
  buf.checked = `dir ${node.ino}`;
  volume.buffers.change(buf, directorySeal(volume, node));
}

function hasTail(b: Uint8Array): boolean {
  const at = b.length - TAIL;
  return (
    get32(b, at) === 0 && get16(b, at + 4) === TAIL && b[at + 6] === 0 && b[at + 7] === TAIL_TYPE
  );
}

/** A block of a directory; undefined for a hole. Throws when it is no block of entries. */
function blockAt(volume: Volume, node: Node, at: number): Buf | undefined {
  const { start } = mapBlocks(volume, node, at, 1);
  if (start === 0) return undefined;
  const buf = volume.buffers.read(start);
  const mark = `dir ${node.ino}`;
  if (buf.checked === mark) return buf;
  const b = buf.bytes;
  const size = b.length;
  const bad = (what: string, offset: number): never =>
    corrupt(
      `inode #${node.ino}: block ${start}: bad entry in directory: ${what} - offset=${offset}`,
    );
  for (let offset = 0; offset < size; ) {
    const length = get16(b, offset + 4);
    const name = b[offset + 6] as number;
    if (length < 12) bad("rec_len is smaller than minimal", offset);
    if (length % 4 !== 0) bad("rec_len % 4 != 0", offset);
    if (length < entrySize(name) && !(offset === size - TAIL))
      bad("rec_len is too small for name_len", offset);
    if (offset + length > size) bad("directory entry overrun", offset);
    if (get32(b, offset) > volume.super.inodes) bad("inode out of bounds", offset);
    offset += length;
  }
  if (volume.super.hasCsum && volume.options.tolerant !== true) {
    const indexed = (node.flags & FLAG_INDEX) !== 0;
    if (hasTail(b)) {
      const end = size - TAIL;
      if (get32(b, end + 8) !== crc32c(node.seed(volume.seed), b, 0, end)) {
        bad("directory leaf block checksum is wrong", end);
      }
    } else if (!indexed) bad("No space for directory leaf checksum. Please run e2fsck -D.", 0);
  }
  buf.checked = mark;
  return buf;
}

function blockCount(volume: Volume, node: Node): number {
  if (node.size > MAX_SIZE) corrupt(`inode #${node.ino}: directory is too large`);
  return Math.ceil(node.size / volume.blockSize);
}

/** Calls back for each entry in use until it says so; true when it did. */
function scan(
  volume: Volume,
  b: Uint8Array,
  visit: (offset: number, length: number, previous: number) => boolean,
): boolean {
  const end = volume.blockSize;
  for (let offset = 0, previous = -1; offset < end; ) {
    const length = get16(b, offset + 4);
    if (visit(offset, length, previous)) return true;
    previous = offset;
    offset += length;
  }
  return false;
}

/** The largest entry that would fit into a block. */
function gapOf(volume: Volume, b: Uint8Array): number {
  const limit = room(volume);
  let gap = 0;
  scan(volume, b, (offset, length) => {
    if (offset >= limit) return true;
    const used = get32(b, offset) === 0 ? 0 : entrySize(b[offset + 6] as number);
    gap = Math.max(gap, Math.min(offset + length, limit) - offset - used);
    return false;
  });
  return gap;
}

/** A directory has been read: those unused for longest are forgotten. */
function remember(volume: Volume, node: Node): void {
  const all = volume.remembered;
  all.delete(node);
  all.add(node);
  let bytes = 0;
  for (const each of all) bytes += each.size;
  for (const oldest of all) {
    if (oldest === node || (all.size <= MAX_REMEMBERED && bytes <= NAMED)) break;
    all.delete(oldest);
    bytes -= oldest.size;
    oldest.names = undefined;
  }
}

/** All names, if there are not too many. */
function load(volume: Volume, node: Node): Names | undefined {
  if (node.names !== undefined) return node.names as Names;
  if (node.size > NAMED) return undefined;
  const names: Names = { map: new Map(), gaps: [] };
  const count = blockCount(volume, node);
  const indexed = (node.flags & FLAG_INDEX) !== 0;
  for (let at = 0; at < count; at++) {
    const buf = blockAt(volume, node, at);
    if (buf === undefined) {
      names.gaps.push(0);
      continue;
    }
    const b = buf.bytes;
    scan(volume, b, (offset) => {
      const ino = get32(b, offset);
      if (ino === 0 || b[offset + 6] === 0) return false;
      names.map.set(nameAt(b, offset), { ino, type: b[offset + 7] as number, at });
      return false;
    });
    names.gaps.push(indexed ? 0 : gapOf(volume, b));
  }
  node.names = names;
  remember(volume, node);
  return names;
}

function find(volume: Volume, node: Node, name: string): Place | undefined {
  const names = load(volume, node);
  if (names !== undefined) return names.map.get(name);
  const count = blockCount(volume, node);
  for (let at = 0; at < count; at++) {
    const buf = blockAt(volume, node, at);
    if (buf === undefined) continue;
    const b = buf.bytes;
    let found: Place | undefined;
    scan(volume, b, (offset) => {
      if (b[offset + 6] !== name.length || get32(b, offset) === 0) return false;
      if (nameAt(b, offset) !== name) return false;
      found = { ino: get32(b, offset), type: b[offset + 7] as number, at };
      return true;
    });
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Inode number of an entry; 0: there is none of the name. */
export function lookup(volume: Volume, node: Node, name: string): number {
  return find(volume, node, name)?.ino ?? 0;
}

/** The name that stands for an inode. */
export function nameOf(volume: Volume, node: Node, ino: number): string | undefined {
  return entries(volume, node).find((each) => each.ino === ino && each.name[0] !== ".")?.name;
}

/** All entries, "." and ".." among them. */
export function entries(volume: Volume, node: Node): DirEntry[] {
  const list: DirEntry[] = [];
  const count = blockCount(volume, node);
  const typed = volume.super.hasFileType;
  for (let at = 0; at < count; at++) {
    const buf = blockAt(volume, node, at);
    if (buf === undefined) continue;
    const b = buf.bytes;
    scan(volume, b, (offset) => {
      const ino = get32(b, offset);
      if (ino === 0 || b[offset + 6] === 0) return false;
      list.push({ ino, type: typed ? (b[offset + 7] as number) : 0, name: nameAt(b, offset) });
      return false;
    });
  }
  return list;
}

/** True when there is nothing but "." and "..". */
export function isEmpty(volume: Volume, node: Node): boolean {
  const names = load(volume, node);
  if (names !== undefined) {
    let more = names.map.size;
    if (names.map.has(".")) more--;
    if (names.map.has("..")) more--;
    return more === 0;
  }
  return entries(volume, node).every(({ name }) => name === "." || name === "..");
}

/** Adds an entry; "no-space" leaves all as it was. The name must not be there. */
export function add(volume: Volume, node: Node, name: string, ino: number, type: number): void {
  if ((node.flags & FLAG_INDEX) !== 0) dropIndex(volume, node);
  const names = load(volume, node);
  const need = entrySize(name.length);
  const count = blockCount(volume, node);
  let at = -1;
  if (names !== undefined) at = names.gaps.findIndex((gap) => gap >= need);
  else {
    // The last blocks first: that is where there is room.
    for (let i = count - 1; i >= 0 && at < 0; i--) {
      const buf = blockAt(volume, node, i);
      if (buf !== undefined && gapOf(volume, buf.bytes) >= need) at = i;
    }
  }
  if (at < 0) at = append(volume, node, names);
  const buf = blockAt(volume, node, at);
  if (buf === undefined) throw new Ext4Error("corrupt", `inode #${node.ino}: directory has a hole`);
  const b = buf.bytes;
  const limit = room(volume);
  const done = scan(volume, b, (offset, whole) => {
    if (offset >= limit) return true;
    const length = Math.min(offset + whole, limit) - offset;
    const used = get32(b, offset) === 0 ? 0 : entrySize(b[offset + 6] as number);
    if (length - used < need) return false;
    if (used > 0) put16(b, offset + 4, used);
    putEntry(volume, b, offset + used, length - used, ino, type, name);
    changed(volume, node, buf);
    return true;
  });
  if (!done) corrupt(`inode #${node.ino}: directory block has no room`);
  if (names === undefined) return;
  names.map.set(name, { ino, type, at });
  names.gaps[at] = gapOf(volume, b);
}

/** One more block, without entries. */
export function grow(volume: Volume, node: Node): void {
  append(volume, node, load(volume, node));
}

/** One more block: its number. */
function append(volume: Volume, node: Node, names: Names | undefined): number {
  const at = blockCount(volume, node);
  if (node.size + volume.blockSize > MAX_SIZE) throw new Ext4Error("no-space", "directory is full");
  volume.reserve(4);
  const last = at > 0 ? mapBlocks(volume, node, at - 1, 1).start + 1 : 0;
  const { start } = volume.allocate(last > 1 ? last : volume.goalOf(node), 1);
  const buf = volume.buffers.fresh(start);
  put16(buf.bytes, 4, room(volume));
  setBlocks(volume, node, at, { start, count: 1, unwritten: false });
  node.size = (at + 1) * volume.blockSize;
  changed(volume, node, buf);
  directorySeal(volume, node)?.(buf.bytes);
  volume.changed(node);
  names?.gaps.push(room(volume));
  return at;
}

/** Where an entry is. */
function locate(
  volume: Volume,
  node: Node,
  name: string,
): { buf: Buf; offset: number; previous: number } {
  const place = find(volume, node, name);
  const buf = place === undefined ? undefined : blockAt(volume, node, place.at);
  if (buf === undefined) return corrupt(`inode #${node.ino}: entry has gone`);
  const b = buf.bytes;
  let result: { offset: number; previous: number } | undefined;
  scan(volume, b, (offset, _length, previous) => {
    if (b[offset + 6] !== name.length || get32(b, offset) === 0) return false;
    if (nameAt(b, offset) !== name) return false;
    result = { offset, previous };
    return true;
  });
  if (result === undefined) return corrupt(`inode #${node.ino}: entry has gone`);
  return { buf, ...result };
}

/** Removes an entry that is there. */
export function remove(volume: Volume, node: Node, name: string): void {
  const { buf, offset, previous } = locate(volume, node, name);
  const b = buf.bytes;
  const length = get16(b, offset + 4);
  if (previous >= 0) {
    put16(b, previous + 4, get16(b, previous + 4) + length);
    b.fill(0, offset, offset + 8);
  } else put32(b, offset, 0);
  changed(volume, node, buf);
  const names = node.names as Names | undefined;
  if (names === undefined) return;
  const at = names.map.get(name)?.at as number;
  names.map.delete(name);
  if ((node.flags & FLAG_INDEX) === 0) names.gaps[at] = gapOf(volume, b);
}

/** Lets an entry that is there stand for another inode. */
export function redirect(
  volume: Volume,
  node: Node,
  name: string,
  ino: number,
  type: number,
): void {
  const { buf, offset } = locate(volume, node, name);
  put32(buf.bytes, offset, ino);
  if (volume.super.hasFileType) buf.bytes[offset + 7] = type;
  if (name === "..") redirected(volume, node, buf);
  else changed(volume, node, buf);
  const place = (node.names as Names | undefined)?.map.get(name);
  if (place !== undefined) {
    place.ino = ino;
    place.type = type;
  }
}

/** The block with ".." is the root of the hash tree, which has a checksum of its own. */
function redirected(volume: Volume, node: Node, buf: Buf): void {
  if ((node.flags & FLAG_INDEX) !== 0) dropIndex(volume, node);
  else changed(volume, node, buf);
}

/** A new directory's first block. */
export function makeEmpty(volume: Volume, node: Node, parent: number): void {
  const { start } = volume.allocate(volume.goalOf(node), 1);
  const buf = volume.buffers.fresh(start);
  const b = buf.bytes;
  putEntry(volume, b, 0, 12, node.ino, 2, ".");
  putEntry(volume, b, 12, room(volume) - 12, parent, 2, "..");
  setBlocks(volume, node, 0, { start, count: 1, unwritten: false });
  node.size = volume.blockSize;
  changed(volume, node, buf);
  directorySeal(volume, node)?.(b);
  volume.changed(node);
}

/** Turns a hash tree into plain blocks: its leaves are that already, its inner blocks become empty ones. */
function dropIndex(volume: Volume, node: Node): void {
  const root = blockAt(volume, node, 0);
  if (root === undefined) {
    throw new Ext4Error("corrupt", `inode #${node.ino}: directory has no first block`);
  }
  const inner: number[] = [];
  const levels = root.bytes[0x1e] as number;
  if (levels > 2) corrupt(`inode #${node.ino}: hash tree is too high`);
  const total = blockCount(volume, node);
  const collect = (b: Uint8Array, base: number, height: number): void => {
    const count = get16(b, base + 2);
    if (count > (b.length - base) / 8) corrupt(`inode #${node.ino}: hash tree is damaged`);
    for (let i = 0; i < count; i++) {
      const block = get32(b, base + 8 * i + 4) & 0x0fffffff;
      if (block >= total) corrupt(`inode #${node.ino}: hash tree is damaged`);
      inner.push(block);
      if (height > 1) {
        const child = blockAt(volume, node, block);
        if (child !== undefined) collect(child.bytes, 8, height - 1);
      }
    }
  };
  if (levels > 0) collect(root.bytes, 0x20, levels);
  for (const at of inner) {
    const buf = blockAt(volume, node, at);
    if (buf === undefined) continue;
    // Really an inner block: one free entry that covers it.
    if (get32(buf.bytes, 0) !== 0 || get16(buf.bytes, 4) !== volume.blockSize) {
      corrupt(`inode #${node.ino}: hash tree is damaged`);
    }
    buf.bytes.fill(0);
    put16(buf.bytes, 4, room(volume));
    changed(volume, node, buf);
    directorySeal(volume, node)?.(buf.bytes);
  }
  const b = root.bytes;
  if (get16(b, 4) !== 12 || get16(b, 16) !== volume.blockSize - 12) {
    corrupt(`inode #${node.ino}: hash tree is damaged`);
  }
  b.fill(0, 24);
  put16(b, 16, room(volume) - 12);
  changed(volume, node, root);
  directorySeal(volume, node)?.(b);
  node.flags &= ~FLAG_INDEX;
  node.names = undefined;
  volume.changed(node);
}

// Extended attributes of ext2/3/4: behind the inode and in a block of their own (ext4: attributes.rst).
import type { Buf } from "./buffers.ts";
import { crc32c, crc32cOf } from "./crc.ts";
import { corrupt, noSpace } from "./error.ts";
import { get16, get32, high32, put16, put32 } from "./fields.ts";
import type { Node } from "./node.ts";
import type { Volume } from "./volume.ts";

const MAGIC = 0xea020000;
const HEADER = 32;
/** Name spaces by their number. */
const PREFIXES: readonly (readonly [number, string])[] = [
  [2, "system.posix_acl_access"],
  [3, "system.posix_acl_default"],
  [8, "system.richacl"],
  [1, "user."],
  [4, "trusted."],
  [6, "security."],
  [7, "system."],
];

interface Attribute {
  readonly index: number;
  /** Without what the number stands for. */
  readonly name: string;
  readonly value: Uint8Array;
}

function fullName(a: Attribute): string | undefined {
  const prefix = PREFIXES.find(([index]) => index === a.index)?.[1];
  return prefix === undefined ? undefined : prefix + a.name;
}

function split(name: string): { index: number; name: string } | undefined {
  for (const [index, prefix] of PREFIXES) {
    if (name === prefix && !prefix.endsWith(".")) return { index, name: "" };
    if (prefix.endsWith(".") && name.startsWith(prefix)) {
      return { index, name: name.slice(prefix.length) };
    }
  }
  return undefined;
}

/** Reads the list at `at`; values are counted from `base`. */
function parse(node: Node, b: Uint8Array, at: number, base: number, end: number): Attribute[] {
  const list: Attribute[] = [];
  for (let p = at; p + 4 <= end && get32(b, p) !== 0; ) {
    const nameLength = b[p] as number;
    const next = p + 16 + ((nameLength + 3) & ~3);
    if (next + 4 > end + 4 || p + 16 > end) corrupt(`inode #${node.ino}: corrupted xattr entries`);
    const offset = get16(b, p + 2);
    const size = get32(b, p + 8);
    const inum = get32(b, p + 4);
    if (inum !== 0 || base + offset + size > end) {
      corrupt(`inode #${node.ino}: corrupted xattr entries`);
    }
    let name = "";
    for (let i = 0; i < nameLength; i++) name += String.fromCharCode(b[p + 16 + i] as number);
    list.push({
      index: b[p + 1] as number,
      name,
      value: b.slice(base + offset, base + offset + size),
    });
    p = next;
  }
  return list;
}

function inodeArea(node: Node): { at: number; end: number } | undefined {
  if (node.raw.length <= 128 || node.extra === 0) return undefined;
  const at = 128 + node.extra;
  return at + 8 > node.raw.length ? undefined : { at, end: node.raw.length };
}

function readBlock(volume: Volume, node: Node): Buf {
  const buf = volume.buffers.read(node.acl);
  const b = buf.bytes;
  if (get32(b, 0) !== MAGIC || get32(b, 8) !== 1)
    corrupt(`inode #${node.ino}: bad block ${node.acl}`);
  if (volume.super.hasCsum && volume.options.tolerant !== true && buf.checked !== "xattr") {
    if (get32(b, 16) !== checksum(volume, buf.block, b)) {
      corrupt(`inode #${node.ino}: xattr block ${node.acl}: checksum is wrong`);
    }
    buf.checked = "xattr";
  }
  return buf;
}

function checksum(volume: Volume, block: number, b: Uint8Array): number {
  let sum = crc32cOf(crc32cOf(volume.seed, block % 2 ** 32), high32(block));
  sum = crc32c(sum, b, 0, 16);
  sum = crc32c(sum, new Uint8Array(4));
  return crc32c(sum, b, 20);
}

/** How blocks of attributes get their checksum. */
function attributeSeal(volume: Volume, block: number): ((b: Uint8Array) => void) | undefined {
  if (!volume.super.hasCsum) return undefined;
  return (b) => put32(b, 16, checksum(volume, block, b));
}

function all(volume: Volume, node: Node): Attribute[] {
  const list: Attribute[] = [];
  const area = inodeArea(node);
  if (area !== undefined && get32(node.raw, area.at) === MAGIC) {
    list.push(...parse(node, node.raw, area.at + 4, area.at + 4, area.end));
  }
  if (node.acl !== 0) {
    const { bytes } = readBlock(volume, node);
    list.push(...parse(node, bytes, HEADER, 0, bytes.length));
  }
  return list;
}

/** Every attribute by its full name. */
export function attributes(volume: Volume, node: Node): Map<string, Uint8Array> {
  const map = new Map<string, Uint8Array>();
  if (node.acl === 0 && inodeArea(node) === undefined) return map;
  for (const each of all(volume, node)) {
    const name = fullName(each);
    if (name !== undefined) map.set(name, each.value);
  }
  return map;
}

function sizeOf(a: Attribute): number {
  return 16 + ((a.name.length + 3) & ~3) + ((a.value.length + 3) & ~3);
}

function hashOf(a: Attribute): number {
  let hash = 0;
  for (let i = 0; i < a.name.length; i++) {
    hash = ((hash << 5) ^ (hash >>> 27) ^ a.name.charCodeAt(i)) >>> 0;
  }
  const padded = new Uint8Array((a.value.length + 3) & ~3);
  padded.set(a.value);
  for (let i = 0; i < padded.length; i += 4) {
    hash = ((hash << 16) ^ (hash >>> 16) ^ get32(padded, i)) >>> 0;
  }
  return hash;
}

/** Writes a list at `at`, values from `end` downwards, offsets from `base`. */
function store(
  b: Uint8Array,
  at: number,
  base: number,
  end: number,
  list: readonly Attribute[],
  hashed: boolean,
): number[] {
  b.fill(0, at, end);
  const hashes: number[] = [];
  let p = at;
  let top = end;
  for (const each of list) {
    const size = (each.value.length + 3) & ~3;
    top -= size;
    b.set(each.value, top);
    b[p] = each.name.length;
    b[p + 1] = each.index;
    put16(b, p + 2, each.value.length === 0 ? 0 : top - base);
    put32(b, p + 8, each.value.length);
    const hash = hashed ? hashOf(each) : 0;
    hashes.push(hash);
    put32(b, p + 12, hash);
    for (let i = 0; i < each.name.length; i++) b[p + 16 + i] = each.name.charCodeAt(i);
    p += 16 + ((each.name.length + 3) & ~3);
  }
  return hashes;
}

/** Sets (or with undefined removes) an attribute: false when the name has no place here. */
export function setAttribute(
  volume: Volume,
  node: Node,
  fullname: string,
  value: Uint8Array | undefined,
): boolean {
  const key = split(fullname);
  if (key === undefined) return false;
  const list = all(volume, node).filter((a) => a.index !== key.index || a.name !== key.name);
  if (value !== undefined) list.push({ ...key, value });
  const area = inodeArea(node);
  const inside: Attribute[] = [];
  const outside: Attribute[] = [];
  let left = area === undefined ? -1 : area.end - area.at - 8;
  for (const each of list) {
    if (sizeOf(each) <= left) {
      inside.push(each);
      left -= sizeOf(each);
    } else outside.push(each);
  }
  const size = outside.reduce((sum, each) => sum + sizeOf(each), HEADER + 4);
  if (size > volume.blockSize) noSpace();
  if (outside.length > 0) storeBlock(volume, node, outside);
  else dropAttributes(volume, node);
  if (area !== undefined) {
    if (inside.length > 0) {
      put32(node.raw, area.at, MAGIC);
      store(node.raw, area.at + 4, area.at + 4, area.end, inside, false);
    } else node.raw.fill(0, area.at, area.end);
  }
  volume.changed(node);
  return true;
}

function storeBlock(volume: Volume, node: Node, list: Attribute[]): void {
  list.sort(
    (a, b) => a.index - b.index || a.name.length - b.name.length || (a.name < b.name ? -1 : 1),
  );
  let buf = node.acl === 0 ? undefined : readBlock(volume, node);
  if (buf === undefined || get32(buf.bytes, 4) !== 1) {
    volume.reserve(1);
    const { start } = volume.allocate(volume.goalOf(node), 1);
    dropAttributes(volume, node);
    buf = volume.buffers.fresh(start);
    node.acl = start;
    node.addBlocks(1, volume.blockSize);
  }
  const b = buf.bytes;
  b.fill(0);
  const hashes = store(b, HEADER, 0, b.length, list, true);
  let hash = 0;
  for (const each of hashes) {
    if (each === 0) {
      hash = 0;
      break;
    }
    hash = ((hash << 16) ^ (hash >>> 16) ^ each) >>> 0;
  }
  put32(b, 0, MAGIC);
  put32(b, 4, 1);
  put32(b, 8, 1);
  put32(b, 12, hash);
  buf.checked = "xattr";
  volume.buffers.change(buf, attributeSeal(volume, buf.block));
}

/** Gives back the block of attributes, or an inode's share of it. */
export function dropAttributes(volume: Volume, node: Node): void {
  const block = node.acl;
  if (block === 0) return;
  const buf = volume.buffers.read(block);
  if (get32(buf.bytes, 0) !== MAGIC) corrupt(`inode #${node.ino}: bad block ${block}`);
  const users = get32(buf.bytes, 4);
  if (users > 1) {
    put32(buf.bytes, 4, users - 1);
    volume.buffers.change(buf, attributeSeal(volume, block));
  } else volume.release(block, 1, true);
  node.acl = 0;
  node.addBlocks(-1, volume.blockSize);
  volume.changed(node);
}

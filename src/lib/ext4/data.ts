// Contents of files: reading, writing, holes.
import { Ext4Error } from "./error.ts";
import { indirectLimit } from "./indirect.ts";
import { mapBlocks, type Run, removeBlocks, setBlocks } from "./mapping.ts";
import type { Node } from "./node.ts";
import { RO_COMPAT_LARGE_FILE } from "./superblock.ts";
import type { Volume } from "./volume.ts";

/** Zeros are written in pieces of this size. */
const ZEROS = 1024 * 1024;
/** Blocks of one allocation. */
const MOST = 8192;

/** Largest size a file can have. */
export function maxSize(volume: Volume, node: Node): number {
  const { blockSize } = volume;
  if (node.hasExtents) return (2 ** 32 - 1) * blockSize;
  // 2^32 sectors of 512 bytes are what i_blocks can say.
  return Math.min(indirectLimit(blockSize) * blockSize, 2 ** 41 - 2 ** 32);
}

/** `length` bytes from `pos` on, whatever the size of the file. */
export function readFile(volume: Volume, node: Node, pos: number, length: number): Uint8Array {
  const { blockSize, device } = volume;
  const end = pos + length;
  let out: Uint8Array | undefined;
  for (let at = pos; at < end; ) {
    const block = Math.floor(at / blockSize);
    const run = mapBlocks(volume, node, block, Math.ceil(end / blockSize) - block);
    const inside = at - block * blockSize;
    const count = Math.min(end - at, run.count * blockSize - inside);
    if (run.start !== 0 && !run.unwritten) {
      const bytes = device.read(run.start * blockSize + inside, count);
      if (count === length) return bytes;
      out ??= new Uint8Array(length);
      out.set(bytes, at - pos);
    }
    at += count;
  }
  return out ?? new Uint8Array(length);
}

/** Writes into blocks [block, block + run.count) of the file what of `bytes` (at `pos`) falls there. */
function writeRun(
  volume: Volume,
  run: Run,
  block: number,
  pos: number,
  bytes: Uint8Array,
  fresh: boolean,
): void {
  const { blockSize } = volume;
  const start = block * blockSize;
  const from = Math.max(pos, start);
  const to = Math.min(pos + bytes.length, start + run.count * blockSize);
  const part = bytes.subarray(from - pos, to - pos);
  const place = run.start * blockSize;
  if (!fresh) {
    volume.writeData(place + from - start, part);
    return;
  }
  // What is around it in the first and the last block reads as zeros.
  const head = from - start;
  const last = Math.ceil(to / blockSize) * blockSize;
  const tail = last - to;
  if (head === 0 && tail === 0) {
    volume.writeData(place, part);
    return;
  }
  if (part.length <= 4 * blockSize) {
    const whole = new Uint8Array(head + part.length + tail);
    whole.set(part, head);
    volume.writeData(place, whole);
    return;
  }
  if (head > 0) volume.writeData(place, new Uint8Array(head));
  volume.writeData(place + head, part);
  if (tail > 0) volume.writeData(place + to - start, new Uint8Array(tail));
}

/** Where new blocks of a file at `block` should be. */
function goalFor(volume: Volume, node: Node, block: number): number {
  if (block > 0) {
    const before = mapBlocks(volume, node, block - 1, 1);
    if (before.start !== 0) return before.start + 1;
  }
  return volume.goalOf(node);
}

/** Blocks that entering one more run may take for the map itself. */
const MAP_BLOCKS = 7;

/** Writes `bytes` at `pos`; how many were written: fewer when the disk is full, 0 when none could be. */
export function writeFile(volume: Volume, node: Node, pos: number, bytes: Uint8Array): number {
  const { blockSize } = volume;
  const end = pos + bytes.length;
  const lastBlock = Math.ceil(end / blockSize);
  let block = Math.floor(pos / blockSize);
  try {
    while (block < lastBlock) {
      const there = mapBlocks(volume, node, block, lastBlock - block);
      if (there.start !== 0 && !there.unwritten) {
        writeRun(volume, there, block, pos, bytes, false);
        block += there.count;
        continue;
      }
      if (there.unwritten) {
        volume.reserve(MAP_BLOCKS);
        removeBlocks(volume, node, block, block + there.count, () => {});
        const run = { start: there.start, count: there.count, unwritten: false };
        setBlocks(volume, node, block, run);
        writeRun(volume, run, block, pos, bytes, true);
        block += there.count;
        continue;
      }
      volume.reserve(MAP_BLOCKS + 1);
      const goal = goalFor(volume, node, block);
      const got = volume.allocate(
        goal,
        Math.min(there.count, MOST, Math.max(1, volume.available - MAP_BLOCKS)),
      );
      const run = { start: got.start, count: got.count, unwritten: false };
      writeRun(volume, run, block, pos, bytes, true);
      setBlocks(volume, node, block, run);
      node.goal = got.start + got.count;
      block += got.count;
    }
  } catch (error) {
    if (!(error instanceof Ext4Error) || error.code !== "no-space") throw error;
  }
  const done = Math.max(0, Math.min(end, block * blockSize) - pos);
  if (done > 0 && pos + done > node.size) setSize(volume, node, pos + done);
  return done;
}

/** Sets the size alone. */
export function setSize(volume: Volume, node: Node, size: number): void {
  node.size = size;
  volume.changed(node);
  if (size > 0x7fffffff && (volume.super.roCompat & RO_COMPAT_LARGE_FILE) === 0) {
    volume.super.roCompat |= RO_COMPAT_LARGE_FILE;
    volume.changeSuper();
  }
}

/** Zeros over what is allocated and written in [from, to). */
export function zeroRange(volume: Volume, node: Node, from: number, to: number): void {
  const { blockSize } = volume;
  for (let at = from; at < to; ) {
    const block = Math.floor(at / blockSize);
    const run = mapBlocks(volume, node, block, Math.ceil(to / blockSize) - block);
    const stop = Math.min(to, (block + run.count) * blockSize);
    if (run.start !== 0 && !run.unwritten) {
      const place = run.start * blockSize - block * blockSize;
      for (let p = at; p < stop; p += ZEROS) {
        volume.writeData(place + p, new Uint8Array(Math.min(ZEROS, stop - p)));
      }
    }
    at = stop;
  }
}

/** ftruncate: what is cut off is freed, what remains of the last block is zeroed. */
export function resizeFile(volume: Volume, node: Node, size: number): void {
  const old = node.size;
  if (size < old) {
    const edge = Math.min(old, Math.ceil(size / volume.blockSize) * volume.blockSize);
    zeroRange(volume, node, size, edge);
  }
  setSize(volume, node, size);
  if (size < old) volume.truncate(node, size);
}

/** Frees [from, to); partial blocks are zeroed. */
export function punchHole(volume: Volume, node: Node, from: number, to: number): void {
  const { blockSize } = volume;
  const first = Math.ceil(from / blockSize);
  const last = to >= node.size ? Math.ceil(to / blockSize) : Math.floor(to / blockSize);
  const end = Math.min(to, node.size);
  if (first > last) {
    zeroRange(volume, node, from, end);
    return;
  }
  zeroRange(volume, node, from, Math.min(first * blockSize, end));
  zeroRange(volume, node, Math.max(last * blockSize, from), end);
  if (first >= last) return;
  if (node.hasExtents) volume.reserve(MAP_BLOCKS);
  removeBlocks(volume, node, first, last);
}

/** fallocate: holes in [from, to) get blocks that read as zeros. "no-space" may leave some of them. */
export function preallocate(volume: Volume, node: Node, from: number, to: number): void {
  const { blockSize } = volume;
  const last = Math.ceil(to / blockSize);
  for (let block = Math.floor(from / blockSize); block < last; ) {
    const there = mapBlocks(volume, node, block, last - block);
    if (there.start !== 0) {
      block += there.count;
      continue;
    }
    volume.reserve(MAP_BLOCKS + 1);
    const want = Math.min(there.count, 32767, Math.max(1, volume.available - MAP_BLOCKS));
    const got = volume.allocate(goalFor(volume, node, block), want);
    const unwritten = node.hasExtents;
    const run = { start: got.start, count: got.count, unwritten };
    if (!unwritten) {
      for (let i = 0; i < got.count * blockSize; i += ZEROS) {
        const length = Math.min(ZEROS, got.count * blockSize - i);
        volume.writeData(got.start * blockSize + i, new Uint8Array(length));
      }
    }
    setBlocks(volume, node, block, run);
    block += got.count;
  }
}

/** First byte at or after `pos` that is data (`data`) or a hole; undefined: none before the end. */
export function seekFile(
  volume: Volume,
  node: Node,
  pos: number,
  data: boolean,
): number | undefined {
  const { blockSize } = volume;
  const last = Math.ceil(node.size / blockSize);
  for (let block = Math.floor(pos / blockSize); block < last; ) {
    const run = mapBlocks(volume, node, block, last - block);
    const isData = run.start !== 0 && !run.unwritten;
    if (isData === data) return Math.max(pos, block * blockSize);
    block += run.count;
  }
  return data ? undefined : node.size;
}

// Block maps of ext2 and ext3: direct, indirect, double and triple indirect blocks.
import type { Buf } from "./buffers.ts";
import { corrupt, Ext4Error } from "./error.ts";
import { get32, put32 } from "./fields.ts";
import type { Run } from "./mapping.ts";
import type { Node } from "./node.ts";
import type { Volume } from "./volume.ts";

const DIRECT = 12;
const AREA = 0x28;
const MAX_BLOCKS = 2 ** 32;

/** Blocks that a file with block maps can have. */
export function indirectLimit(blockSize: number): number {
  const n = blockSize / 4;
  return DIRECT + n + n ** 2 + n ** 3;
}

/** Which slots lead to a block: first of the inode, then of each indirect block. */
function slots(volume: Volume, at: number): number[] {
  const n = volume.blockSize / 4;
  let rest = at;
  if (rest < DIRECT) return [rest];
  rest -= DIRECT;
  if (rest < n) return [12, rest];
  rest -= n;
  if (rest < n * n) return [13, Math.floor(rest / n), rest % n];
  rest -= n * n;
  if (rest < n ** 3) return [14, Math.floor(rest / n / n), Math.floor(rest / n) % n, rest % n];
  throw new Ext4Error("too-big", "beyond the triple indirect blocks");
}

function valid(volume: Volume, node: Node, block: number): number {
  if (block !== 0 && (block <= volume.super.firstDataBlock || block >= volume.super.blocks)) {
    corrupt(`inode #${node.ino}: invalid block ${block}`);
  }
  return block;
}

export function indirectMap(volume: Volume, node: Node, at: number, max: number): Run {
  const n = volume.blockSize / 4;
  if (at >= indirectLimit(volume.blockSize)) return { start: 0, count: max, unwritten: false };
  const path = slots(volume, at);
  let { raw: bytes } = node;
  let base = AREA;
  // Blocks that one slot stands for.
  let span = n ** (path.length - 1);
  for (let k = 0; k < path.length - 1; k++) {
    const slot = path[k] as number;
    const block = valid(volume, node, get32(bytes, base + 4 * slot));
    if (block === 0) {
      const inside = path.slice(k + 1).reduce((sum, each) => sum * n + each, 0);
      return { start: 0, count: Math.max(1, Math.min(max, span - inside)), unwritten: false };
    }
    bytes = volume.buffers.read(block).bytes;
    base = 0;
    span /= n;
  }
  const first = path[path.length - 1] as number;
  const end = path.length === 1 ? DIRECT : n;
  const start = valid(volume, node, get32(bytes, base + 4 * first));
  let count = 1;
  while (count < max && first + count < end) {
    const next = get32(bytes, base + 4 * (first + count));
    if (next !== (start === 0 ? 0 : start + count)) break;
    count++;
  }
  if (start !== 0) valid(volume, node, start + count - 1);
  return { start, count, unwritten: false };
}

export function indirectSet(
  volume: Volume,
  node: Node,
  at: number,
  start: number,
  count: number,
): void {
  if (start + count > MAX_BLOCKS) throw new Ext4Error("too-big", "block number beyond 32 bits");
  for (let i = 0; i < count; i++) {
    const path = slots(volume, at + i);
    let { raw: bytes } = node;
    let base = AREA;
    let buf: Buf | undefined;
    for (let k = 0; k < path.length - 1; k++) {
      const place = base + 4 * (path[k] as number);
      const block = valid(volume, node, get32(bytes, place));
      let next: Buf;
      if (block === 0) {
        next = volume.newMeta(node, start + i);
        put32(bytes, place, next.block);
        if (buf !== undefined) volume.buffers.change(buf);
      } else next = volume.buffers.read(block);
      bytes = next.bytes;
      base = 0;
      buf = next;
    }
    put32(bytes, base + 4 * (path[path.length - 1] as number), start + i);
    if (buf !== undefined) volume.buffers.change(buf);
  }
  node.addBlocks(count, volume.blockSize);
  volume.changed(node);
}

export function indirectRemove(
  volume: Volume,
  node: Node,
  from: number,
  to: number,
  free: (start: number, count: number) => void,
): void {
  const n = volume.blockSize / 4;
  // Neighbours are freed together.
  let start = 0;
  let count = 0;
  const flush = (): void => {
    if (count > 0) free(start, count);
    count = 0;
  };
  const take = (block: number): void => {
    if (count > 0 && start + count === block) {
      count++;
      return;
    }
    flush();
    start = block;
    count = 1;
  };
  /** True when nothing is left below. `first`: the file block that slot 0 begins with. */
  const clear = (block: number, level: number, first: number): boolean => {
    const buf = volume.buffers.read(block);
    const span = n ** level;
    let used = false;
    let wrote = false;
    for (let slot = 0; slot < n; slot++) {
      const child = get32(buf.bytes, 4 * slot);
      if (child === 0) continue;
      const begin = first + slot * span;
      if (begin >= to || begin + span <= from) {
        used = true;
        continue;
      }
      valid(volume, node, child);
      if (level === 0) take(child);
      else if (!clear(child, level - 1, begin)) {
        used = true;
        continue;
      }
      put32(buf.bytes, 4 * slot, 0);
      wrote = true;
    }
    if (!used) {
      flush();
      volume.release(block, 1, true);
      node.addBlocks(-1, volume.blockSize);
      return true;
    }
    if (wrote) volume.buffers.change(buf);
    return false;
  };
  for (let slot = Math.min(from, DIRECT); slot < Math.min(DIRECT, to); slot++) {
    const block = valid(volume, node, get32(node.raw, AREA + 4 * slot));
    if (block === 0) continue;
    put32(node.raw, AREA + 4 * slot, 0);
    take(block);
  }
  let first = DIRECT;
  for (let level = 0; level < 3; level++) {
    const span = n ** (level + 1);
    const block = valid(volume, node, get32(node.raw, AREA + 4 * (DIRECT + level)));
    if (block !== 0 && first < to && first + span > from && clear(block, level, first)) {
      put32(node.raw, AREA + 4 * (DIRECT + level), 0);
    }
    first += span;
  }
  flush();
  volume.changed(node);
}

/** Every block of a file and every indirect block, for programs that check. */
export function* walkIndirect(
  volume: Volume,
  node: Node,
): Iterable<{ at: number; start: number; count: number; meta: boolean; unwritten?: boolean }> {
  const n = volume.blockSize / 4;
  for (let slot = 0; slot < DIRECT; slot++) {
    const start = get32(node.raw, AREA + 4 * slot);
    if (start !== 0) yield { at: slot, start: valid(volume, node, start), count: 1, meta: false };
  }
  let first = DIRECT;
  for (let level = 0; level < 3; level++) {
    const top = get32(node.raw, AREA + 4 * (DIRECT + level));
    if (top !== 0) yield* walkTree(volume, node, valid(volume, node, top), level, first, n);
    first += n ** (level + 1);
  }
}

function* walkTree(
  volume: Volume,
  node: Node,
  block: number,
  level: number,
  first: number,
  n: number,
): Iterable<{ at: number; start: number; count: number; meta: boolean; unwritten?: boolean }> {
  yield { at: first, start: block, count: 1, meta: true };
  const { bytes } = volume.buffers.read(block);
  for (let slot = 0; slot < n; slot++) {
    const child = get32(bytes, 4 * slot);
    if (child === 0) continue;
    valid(volume, node, child);
    const at = first + slot * n ** level;
    if (level === 0) yield { at, start: child, count: 1, meta: false };
    else yield* walkTree(volume, node, child, level - 1, at, n);
  }
}

// Block bitmaps: what must be set in them.
import { corrupt } from "./error.ts";
import type { Group } from "./groups.ts";
import type { Extent, Volume } from "./volume.ts";

/** Throws unless the bits of the group's own metadata are set. */
export function checkBlockBitmap(volume: Volume, group: Group, bits: Uint8Array): void {
  const first = volume.super.firstBlock(group.index);
  const count = volume.super.blocksIn(group.index);
  const mustBeSet = (block: number, length: number): void => {
    for (let i = Math.max(0, block - first); i < Math.min(count, block + length - first); i++) {
      if (((bits[i >> 3] as number) & (1 << (i & 7))) === 0) {
        corrupt(`bg ${group.index}: block ${first + i}: invalid block bitmap`);
      }
    }
  };
  mustBeSet(group.blockBitmap, 1);
  mustBeSet(group.inodeBitmap, 1);
  mustBeSet(group.inodeTable, volume.tableBlocks);
}

/** What a bitmap that was never written stands for. */
export function initBlockBitmap(volume: Volume, group: Group, bits: Uint8Array): void {
  const s = volume.super;
  const first = s.firstBlock(group.index);
  const count = s.blocksIn(group.index);
  const set = (from: number, to: number): void => {
    for (let i = Math.max(0, from); i < to; i++) {
      bits[i >> 3] = (bits[i >> 3] as number) | (1 << (i & 7));
    }
  };
  const place = (block: number, length: number): void => {
    set(block - first, Math.min(count, block - first + length));
  };
  set(0, s.baseMeta(group.index));
  place(group.blockBitmap, 1);
  place(group.inodeBitmap, 1);
  place(group.inodeTable, volume.tableBlocks);
  set(count, volume.blockSize * 8);
}

/** What is free, in the order of the device. */
export function* freeRuns(volume: Volume): Iterable<Extent> {
  for (const group of volume.groups) {
    if (group.freeBlocks === 0) continue;
    const bits = volume.blockBitmap(group).bytes.slice();
    const first = volume.super.firstBlock(group.index);
    const count = volume.super.blocksIn(group.index);
    for (let i = 0; i < count; ) {
      if (((bits[i >> 3] as number) & (1 << (i & 7))) !== 0) {
        i++;
        continue;
      }
      let end = i;
      while (end < count && ((bits[end >> 3] as number) & (1 << (end & 7))) === 0) end++;
      yield { start: first + i, count: end - i };
      i = end;
    }
  }
}

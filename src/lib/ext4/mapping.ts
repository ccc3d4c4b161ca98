// From blocks of a file to blocks of the device, whichever way the inode keeps them.
import { extentMap, extentRemove, extentSet } from "./extents.ts";
import { indirectMap, indirectRemove, indirectSet } from "./indirect.ts";
import type { Node } from "./node.ts";
import type { Volume } from "./volume.ts";

/** Neighbouring blocks of a file that are neighbours on the device too. */
export interface Run {
  /** First block on the device; 0: a hole. */
  readonly start: number;
  readonly count: number;
  /** Allocated, but it reads as zeros. */
  readonly unwritten: boolean;
}

/** True when the inode's block area says where blocks are: not for short links, devices and the like. */
export function usesBlocks(node: Node): boolean {
  const type = node.mode & 0o170000;
  if (type === 0o040000 || type === 0o100000) return true;
  if (type !== 0o120000) return false;
  return node.hasExtents || !isFastLink(node);
}

/** A symbolic link whose target stands in the inode. */
export function isFastLink(node: Node): boolean {
  return !node.hasExtents && node.size < 60;
}

/** What stands for block `at` of a file and for up to `max` blocks from there. */
export function mapBlocks(volume: Volume, node: Node, at: number, max: number): Run {
  return node.hasExtents ? extentMap(volume, node, at, max) : indirectMap(volume, node, at, max);
}

/** Enters blocks at a hole. */
export function setBlocks(volume: Volume, node: Node, at: number, run: Run): void {
  if (node.hasExtents) extentSet(volume, node, at, run);
  else indirectSet(volume, node, at, run.start, run.count);
}

/** Takes the blocks [from, to) away from a file and frees them unless `free` does something else. */
export function removeBlocks(
  volume: Volume,
  node: Node,
  from: number,
  to: number,
  free?: (start: number, count: number) => void,
): void {
  const meta = node.isDirectory || node.isSymlink;
  const give = free ?? ((start: number, count: number) => volume.release(start, count, meta));
  const take = (start: number, count: number): void => {
    give(start, count);
    node.addBlocks(-count, volume.blockSize);
    volume.changed(node);
  };
  if (node.hasExtents) extentRemove(volume, node, from, to, take);
  else indirectRemove(volume, node, from, to, take);
}

// Inodes that were unlinked while open, or cut in several steps, when the machine stopped.
import { crc32c, crc32cOf } from "./crc.ts";
import { corrupt } from "./error.ts";
import { get32, high32, put32 } from "./fields.ts";
import { mapBlocks } from "./mapping.ts";
import type { Node } from "./node.ts";
import { RO_COMPAT_ORPHAN_PRESENT } from "./superblock.ts";
import type { Volume } from "./volume.ts";

const MAX_ORPHANS = 1_000_000;
/** Blocks of the orphan file. */
const MAX_FILE = 512;
const FILE_MAGIC = 0x0b10ca04;

/** What was done with orphans. */
export interface Finished {
  freed: number;
  cut: number;
}

/** Frees the orphans without links, and cuts the others to their size. */
export function processOrphans(volume: Volume): Finished {
  const s = volume.super;
  const result: Finished = { freed: 0, cut: 0 };
  const seen = new Set<number>();
  for (let ino = s.lastOrphan; ino !== 0 && seen.size < MAX_ORPHANS; ) {
    if (seen.has(ino) || ino < s.firstInode || ino > s.inodes) {
      volume.options.log(`bad orphan inode ${ino}`);
      break;
    }
    seen.add(ino);
    const node = volume.node(ino);
    const next = node.dtime;
    // The list begins with it: when it goes, the rest stays.
    volume.orphans.length = 0;
    volume.orphans.push(ino);
    s.lastOrphan = ino;
    finish(volume, node, result);
    s.lastOrphan = next;
    volume.orphans.length = 0;
    ino = next;
    volume.begin();
  }
  s.lastOrphan = 0;
  if (seen.size > 0) volume.changeSuper();
  if ((s.roCompat & RO_COMPAT_ORPHAN_PRESENT) !== 0) orphanFile(volume, result);
  return result;
}

function finish(volume: Volume, node: Node, result: Finished): void {
  if (node.mode === 0) return;
  if (node.links === 0) {
    volume.destroy(node);
    result.freed++;
  } else {
    volume.truncate(node, node.size);
    node.dtime = 0;
    volume.changed(node);
    result.cut++;
  }
}

/** The orphans that Linux has put into a file. */
function orphanFile(volume: Volume, result: Finished): void {
  const s = volume.super;
  const { blockSize } = volume;
  const file = volume.node(s.u32(0x280));
  const count = Math.min(Math.floor(file.size / blockSize), MAX_FILE);
  for (let at = 0; at < count; at++) {
    const { start } = mapBlocks(volume, file, at, 1);
    if (start === 0) continue;
    const list = volume.buffers.read(start).bytes.slice();
    if (get32(list, blockSize - 8) !== FILE_MAGIC) corrupt("orphan file block has bad magic");
    for (let i = 0; i + 4 <= blockSize - 8; i += 4) {
      const ino = get32(list, i);
      if (ino === 0) continue;
      if (ino >= s.firstInode && ino <= s.inodes) finish(volume, volume.node(ino), result);
      const buf = volume.buffers.read(start);
      put32(buf.bytes, i, 0);
      volume.buffers.change(buf, seal(volume, file, start));
    }
  }
  s.roCompat &= ~RO_COMPAT_ORPHAN_PRESENT;
  volume.changeSuper();
}

function seal(
  volume: Volume,
  file: Node,
  block: number,
): ((bytes: Uint8Array) => void) | undefined {
  if (!volume.super.hasCsum) return undefined;
  return (bytes) => {
    let sum = crc32cOf(file.seed(volume.seed), block % 2 ** 32);
    sum = crc32cOf(sum, high32(block));
    put32(bytes, bytes.length - 4, crc32c(sum, bytes, 0, bytes.length - 8));
  };
}

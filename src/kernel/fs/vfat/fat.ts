// The file allocation tables of a FAT file system: clusters and their chains (FAT12, FAT16, FAT32).
import { EINVAL, EIO, ENOSPC } from "../../../abi/errno.ts";
import type { Bdev } from "../../block/genhd.ts";

/** Bytes of the table that are looked at together. */
const WINDOW = 4096;

/** What the boot sector says; bytes where nothing else is said. */
export interface FatLayout {
  readonly bits: 12 | 16 | 32;
  readonly sectorSize: number;
  readonly clusterSize: number;
  /** Clusters there are; their numbers begin with 2. */
  readonly clusters: number;
  readonly fatStart: number;
  readonly fatSize: number;
  readonly fats: number;
  /** FAT32: only this copy is used; -1: all are kept alike. */
  readonly activeFat: number;
  /** FAT12 and FAT16: the root directory's place. */
  readonly rootStart: number;
  readonly rootSize: number;
  /** FAT32: its first cluster. */
  readonly rootCluster: number;
  readonly dataStart: number;
  /** FAT32: where the counters are; 0: there are none. */
  readonly infoStart: number;
  readonly label: string;
  readonly serial: number;
  /** Offset of the byte whose lowest bit says "not unmounted". */
  readonly stateAt: number;
}

function le16(b: Uint8Array, at: number): number {
  return (b[at] as number) | ((b[at + 1] as number) << 8);
}
function le32(b: Uint8Array, at: number): number {
  return (le16(b, at) | (le16(b, at + 2) << 16)) >>> 0;
}
function isPowerOfTwo(n: number): boolean {
  return n > 0 && (n & (n - 1)) === 0;
}

/** Reads a boot sector; throws EINVAL when it is none of FAT or does not fit on the device. */
export function parseBootSector(b: Uint8Array, deviceSize: number): FatLayout {
  const sectorSize = le16(b, 11);
  const perCluster = b[13] as number;
  const reserved = le16(b, 14);
  const fats = b[16] as number;
  const rootEntries = le16(b, 17);
  const media = b[21] as number;
  if (reserved === 0 || fats === 0) throw EINVAL;
  if (media !== 0xf0 && media < 0xf8) throw EINVAL;
  if (!isPowerOfTwo(sectorSize) || sectorSize < 512 || sectorSize > 4096) throw EINVAL;
  if (!isPowerOfTwo(perCluster)) throw EINVAL;
  const small = le16(b, 22);
  const fatSectors = small === 0 ? le32(b, 36) : small;
  if (fatSectors === 0) throw EINVAL;
  const total = le16(b, 19) === 0 ? le32(b, 32) : le16(b, 19);
  const rootSize = rootEntries * 32;
  if (rootSize % sectorSize !== 0) throw EINVAL;
  const rootSectors = rootSize / sectorSize;
  const dataSector = reserved + fats * fatSectors + rootSectors;
  if (total < dataSector || total * sectorSize > deviceSize) throw EINVAL;
  let clusters = Math.floor((total - dataSector) / perCluster);
  const bits = small === 0 ? 32 : clusters > 4084 ? 16 : 12;
  // No more clusters than the table has entries.
  clusters = Math.min(clusters, Math.floor((fatSectors * sectorSize * 8) / bits) - 2);
  if (clusters <= 0) throw EINVAL;
  const extended = bits === 32 ? 64 : 36;
  const signed = (b[extended + 2] as number) === 0x29;
  const flags = le16(b, 40);
  const rootCluster = bits === 32 ? le32(b, 44) : 0;
  if (bits === 32 && (rootCluster < 2 || rootCluster >= clusters + 2)) throw EINVAL;
  const info = bits === 32 ? le16(b, 48) : 0;
  let label = "";
  if (signed) for (let i = 0; i < 11; i++) label += String.fromCharCode(b[extended + 7 + i] ?? 32);
  const active = bits === 32 && (flags & 0x80) !== 0 ? flags & 15 : -1;
  return {
    bits,
    sectorSize,
    clusterSize: perCluster * sectorSize,
    clusters,
    fatStart: reserved * sectorSize,
    fatSize: fatSectors * sectorSize,
    fats,
    activeFat: active >= fats ? -1 : active,
    rootStart: (reserved + fats * fatSectors) * sectorSize,
    rootSize,
    rootCluster,
    dataStart: dataSector * sectorSize,
    infoStart: info > 0 && info < reserved ? info * sectorSize : 0,
    label: label.replace(/ +$/, ""),
    serial: signed ? le32(b, extended + 3) : 0,
    stateAt: bits === 32 ? 0x41 : 0x25,
  };
}

/** A run of clusters of a file. */
export interface Run {
  /** First cluster of the run, and which cluster of the file it is. */
  readonly start: number;
  readonly index: number;
  count: number;
}

/** The tables of one file system. */
export class Fat {
  readonly layout: FatLayout;
  readonly #bdev: Bdev;
  /** The piece of the table that was looked at last. */
  #window: Uint8Array | undefined;
  #windowAt = -1;
  /** Where the next free cluster is looked for. */
  #hint = 2;
  #free: number | undefined;

  constructor(bdev: Bdev, layout: FatLayout) {
    this.#bdev = bdev;
    this.layout = layout;
    if (layout.infoStart === 0) return;
    const info = bdev.read(layout.infoStart, 512);
    if (le32(info, 0) !== 0x41615252 || le32(info, 484) !== 0x61417272) return;
    const free = le32(info, 488);
    const next = le32(info, 492);
    if (free <= layout.clusters) this.#free = free;
    if (next >= 2 && next < layout.clusters + 2) this.#hint = next;
  }

  /** Values from here on are the end of a chain. */
  get #end(): number {
    const { bits } = this.layout;
    return bits === 12 ? 0xff8 : bits === 16 ? 0xfff8 : 0x0ffffff8;
  }

  isValid(cluster: number): boolean {
    return cluster >= 2 && cluster < this.layout.clusters + 2;
  }

  /** Byte offset of a cluster's data. */
  place(cluster: number): number {
    return this.layout.dataStart + (cluster - 2) * this.layout.clusterSize;
  }

  #bytesAt(offset: number): number {
    const at = offset - (offset % WINDOW);
    if (this.#windowAt !== at || this.#window === undefined) {
      const { fatStart, fatSize, activeFat } = this.layout;
      const base = fatStart + Math.max(0, activeFat) * fatSize;
      this.#window = this.#bdev.read(base + at, Math.min(WINDOW, fatSize - at));
      this.#windowAt = at;
    }
    return this.#window[offset - at] as number;
  }

  #byteOffset(cluster: number): number {
    const { bits } = this.layout;
    return bits === 12 ? cluster + (cluster >> 1) : (cluster * bits) / 8;
  }

  /** What stands for a cluster: 0 free, another cluster, or an end. */
  get(cluster: number): number {
    const at = this.#byteOffset(cluster);
    const low = this.#bytesAt(at) | (this.#bytesAt(at + 1) << 8);
    const { bits } = this.layout;
    if (bits === 12) return (cluster & 1) === 0 ? low & 0xfff : low >> 4;
    if (bits === 16) return low;
    return (
      ((low | (this.#bytesAt(at + 2) << 16) | (this.#bytesAt(at + 3) << 24)) >>> 0) & 0x0fffffff
    );
  }

  /** True when `value` ends a chain. */
  isEnd(value: number): boolean {
    return value >= this.#end;
  }

  #set(cluster: number, value: number): void {
    const { bits } = this.layout;
    const at = this.#byteOffset(cluster);
    let bytes: number[];
    if (bits === 12) {
      const old = this.#bytesAt(at) | (this.#bytesAt(at + 1) << 8);
      const both =
        (cluster & 1) === 0 ? (old & 0xf000) | (value & 0xfff) : (old & 0xf) | (value << 4);
      bytes = [both & 255, (both >> 8) & 255];
    } else if (bits === 16) bytes = [value & 255, (value >> 8) & 255];
    else {
      // The upper four bits are not ours.
      const top = (this.#bytesAt(at + 3) & 0xf0) << 24;
      const whole = ((value & 0x0fffffff) | top) >>> 0;
      bytes = [whole & 255, (whole >> 8) & 255, (whole >> 16) & 255, whole >>> 24];
    }
    this.#write(at, new Uint8Array(bytes));
  }

  #write(at: number, bytes: Uint8Array): void {
    const { fatStart, fatSize, fats, activeFat } = this.layout;
    for (let copy = 0; copy < fats; copy++) {
      if (activeFat >= 0 && copy !== activeFat) continue;
      this.#bdev.write(fatStart + copy * fatSize + at, bytes);
    }
    if (this.#window === undefined) return;
    const from = at - this.#windowAt;
    if (from >= 0 && from + bytes.length <= this.#window.length) this.#window.set(bytes, from);
    else this.#window = undefined;
  }

  /** The chain that begins at `first`; EIO when it is broken or longer than the file system. */
  chain(first: number, most: number = Number.POSITIVE_INFINITY): Run[] {
    const runs: Run[] = [];
    let count = 0;
    let last: Run | undefined;
    for (let cluster = first; count < most; ) {
      if (!this.isValid(cluster) || count > this.layout.clusters) throw EIO;
      if (last !== undefined && last.start + last.count === cluster) last.count++;
      else {
        last = { start: cluster, index: count, count: 1 };
        runs.push(last);
      }
      count++;
      const next = this.get(cluster);
      if (this.isEnd(next)) break;
      cluster = next;
    }
    return runs;
  }

  /**
   * `count` free clusters as a chain of their own, hung behind `after` (0: none); ENOSPC takes nothing.
   * Neighbours where there are any.
   */
  allocate(count: number, after: number): Run[] {
    const { clusters } = this.layout;
    const runs: Run[] = [];
    let found = 0;
    let last: Run | undefined;
    let cluster = this.isValid(after + 1) && this.get(after + 1) === 0 ? after + 1 : this.#hint;
    for (let looked = 0; looked < clusters && found < count; looked++, cluster++) {
      if (!this.isValid(cluster)) cluster = 2;
      if (this.get(cluster) !== 0) continue;
      if (last !== undefined && last.start + last.count === cluster) last.count++;
      else {
        last = { start: cluster, index: found, count: 1 };
        runs.push(last);
      }
      found++;
    }
    if (found < count || last === undefined) throw ENOSPC;
    this.#hint = this.isValid(last.start + last.count) ? last.start + last.count : 2;
    for (const [i, run] of runs.entries()) {
      const next = runs[i + 1]?.start ?? 0x0fffffff;
      for (let n = 0; n < run.count; n++) {
        this.#set(run.start + n, n + 1 < run.count ? run.start + n + 1 : next);
      }
    }
    if (after !== 0) this.#set(after, (runs[0] as Run).start);
    if (this.#free !== undefined) this.#free -= count;
    return runs;
  }

  /** Frees a chain; a cluster that is free already ends it: EIO. */
  release(first: number): void {
    for (let cluster = first, n = 0; n <= this.layout.clusters; n++) {
      if (!this.isValid(cluster)) throw EIO;
      const next = this.get(cluster);
      if (next === 0) throw EIO;
      this.#set(cluster, 0);
      if (this.#free !== undefined) this.#free++;
      if (cluster < this.#hint) this.#hint = cluster;
      if (this.isEnd(next)) return;
      cluster = next;
    }
  }

  /** Ends a chain at `cluster` and frees what follows. */
  cut(cluster: number): void {
    const next = this.get(cluster);
    if (this.isEnd(next)) return;
    this.#set(cluster, 0x0fffffff);
    this.release(next);
  }

  /** Free clusters; counted when nobody knows. */
  get free(): number {
    if (this.#free === undefined) {
      let free = 0;
      const { clusters } = this.layout;
      for (let cluster = 2; cluster < clusters + 2; cluster++) if (this.get(cluster) === 0) free++;
      this.#free = free;
    }
    return this.#free;
  }

  /** Free clusters next to each other: [first, count]. */
  *freeRuns(): Iterable<[start: number, count: number]> {
    let start = 0;
    const end = this.layout.clusters + 2;
    for (let cluster = 2; cluster <= end; cluster++) {
      const free = cluster < end && this.get(cluster) === 0;
      if (free && start === 0) start = cluster;
      else if (!free && start !== 0) {
        yield [start, cluster - start];
        start = 0;
      }
    }
  }

  /** Brings the counters of FAT32 up to date. */
  writeInfo(): void {
    const { infoStart } = this.layout;
    if (infoStart === 0 || this.#free === undefined) return;
    const info = this.#bdev.read(infoStart, 512);
    if (le32(info, 0) !== 0x41615252 || le32(info, 484) !== 0x61417272) return;
    const view = new DataView(info.buffer, info.byteOffset);
    if (view.getUint32(488, true) === this.#free && view.getUint32(492, true) === this.#hint)
      return;
    view.setUint32(488, this.#free, true);
    view.setUint32(492, this.#hint, true);
    this.#bdev.write(infoStart, info);
  }
}

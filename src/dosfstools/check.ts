// The checks of fsck.fat: tables, chains, entries, and what is done about them (dosfstools' fsck.fat, in its words).

/** Where sectors are read and changes are put. */
export interface Medium {
  readonly size: number;
  /** Exactly `length` bytes. */
  read(offset: number, length: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

/** A medium that cannot be checked. */
export class CheckError extends Error {}

const ATTR_LONG = 0x0f;
const ATTR_VOLUME = 8;
const ATTR_DIRECTORY = 0x10;
const FREE = 0xe5;
/** Directories, at most, and how deep. */
const MAX_FILES = 1_000_000;
const MAX_DEPTH = 256;

interface Entry {
  /** Offset of its 32 bytes. */
  readonly at: number;
  readonly path: string;
  readonly directory: boolean;
}

function le16(b: Uint8Array, at: number): number {
  return (b[at] as number) | ((b[at + 1] as number) << 8);
}
function le32(b: Uint8Array, at: number): number {
  return (le16(b, at) | (le16(b, at + 2) << 16)) >>> 0;
}
function bytes32(value: number): Uint8Array {
  return new Uint8Array([value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24]);
}

/** Control characters (but 5, which stands for 0xE5) and those that paths and patterns use. */
function isBadName(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const code = name.charCodeAt(i);
    if (code < 0x20 && (code !== 5 || i > 0)) return true;
  }
  return /["*+,/:;<=>?[\\\]|]/.test(name);
}

export class FatCheck {
  readonly #medium: Medium;
  /** Files lost chains go to; else they are freed. */
  readonly #salvage: boolean;
  readonly #say: (text: string) => void;
  readonly #boot: Uint8Array;
  readonly #bits: 12 | 16 | 32;
  readonly #clusterSize: number;
  readonly clusters: number;
  readonly #fatStart: number;
  readonly #fatSize: number;
  readonly #fats: number;
  readonly #rootStart: number;
  readonly #rootEntries: number;
  readonly #dataStart: number;
  readonly #fat: Uint32Array;
  #fatChanged = false;
  /** Who has a cluster. */
  readonly #owner = new Map<number, Entry>();
  changed = false;
  files = 0;
  #renamed = 0;

  constructor(medium: Medium, salvage: boolean, say: (text: string) => void) {
    this.#medium = medium;
    this.#salvage = salvage;
    this.#say = say;
    const b = medium.read(0, 512);
    this.#boot = b;
    const sector = le16(b, 11);
    const perCluster = b[13] as number;
    if (sector === 0) throw new CheckError("Logical sector size is zero.");
    if (sector < 512 || (sector & (sector - 1)) !== 0 || sector > 4096)
      throw new CheckError(
        `Logical sector size (${sector} bytes) is not a multiple of the physical sector size.`,
      );
    if (perCluster === 0 || (perCluster & (perCluster - 1)) !== 0)
      throw new CheckError("Cluster size is zero.");
    this.#clusterSize = sector * perCluster;
    const reserved = le16(b, 14);
    this.#fats = b[16] as number;
    if (this.#fats !== 1 && this.#fats !== 2)
      throw new CheckError(`Currently, only 1 or 2 FATs are supported, not ${this.#fats}.`);
    this.#rootEntries = le16(b, 17);
    const small = le16(b, 22);
    this.#fatSize = (small === 0 ? le32(b, 36) : small) * sector;
    this.#fatStart = reserved * sector;
    this.#rootStart = this.#fatStart + this.#fats * this.#fatSize;
    this.#dataStart = this.#rootStart + Math.ceil((this.#rootEntries * 32) / sector) * sector;
    const total = (le16(b, 19) === 0 ? le32(b, 32) : le16(b, 19)) * sector;
    if (total > medium.size || this.#dataStart > total || this.#fatSize === 0)
      throw new CheckError("Filesystem has more sectors than the device.");
    this.clusters = Math.floor((total - this.#dataStart) / this.#clusterSize);
    this.#bits = small === 0 ? 32 : this.clusters >= 4085 ? 16 : 12;
    if ((this.#fatSize * 8) / this.#bits < this.clusters + 2)
      throw new CheckError(
        `Filesystem has ${this.clusters} clusters but only space for ${Math.floor((this.#fatSize * 8) / this.#bits) - 2} FAT entries.`,
      );
    this.#fat = this.#decode(medium.read(this.#fatStart, this.#fatSize));
  }

  #decode(b: Uint8Array): Uint32Array {
    const fat = new Uint32Array(this.clusters + 2);
    for (let i = 0; i < fat.length; i++) {
      if (this.#bits === 32) fat[i] = le32(b, 4 * i) & 0x0fffffff;
      else if (this.#bits === 16) fat[i] = le16(b, 2 * i);
      else {
        const at = i + (i >> 1);
        const both = (b[at] as number) | ((b[at + 1] ?? 0) << 8);
        fat[i] = (i & 1) === 0 ? both & 0xfff : both >> 4;
      }
    }
    return fat;
  }

  get #end(): number {
    return this.#bits === 12 ? 0xff8 : this.#bits === 16 ? 0xfff8 : 0x0ffffff8;
  }
  get #bad(): number {
    return this.#end - 1;
  }

  #set(cluster: number, value: number): void {
    this.#fat[cluster] = value;
    this.#fatChanged = true;
    this.changed = true;
  }
  #put(at: number, bytes: Uint8Array): void {
    this.#medium.write(at, bytes);
    this.changed = true;
  }

  /** Byte offset of a cluster. */
  #place(cluster: number): number {
    return this.#dataStart + (cluster - 2) * this.#clusterSize;
  }

  // ---- the whole ----------------------------------------------------------------------------------

  run(): void {
    if (this.#bits === 32) this.#checkBackup();
    this.#checkDirty();
    this.#checkFats();
    if (this.#bits === 32) {
      const root: Entry = { at: -1, path: "/", directory: true };
      const chain = this.#claim(root, le32(this.#boot, 44));
      this.#directory(
        chain.map((each) => [this.#place(each), this.#clusterSize]),
        "",
        0,
        0,
      );
    } else this.#directory([[this.#rootStart, this.#rootEntries * 32]], "", 0, 0);
    this.#reclaim();
    if (this.#bits === 32) this.#checkInfo();
    if (this.#fatChanged) this.#writeFats();
  }

  #checkBackup(): void {
    const sector = le16(this.#boot, 11);
    const at = le16(this.#boot, 50) * sector;
    if (at === 0 || at === 0xffff * sector || at + 512 > this.#medium.size) return;
    const copy = this.#medium.read(at, 512);
    const differences: string[] = [];
    for (let i = 0; i < 512; i++) {
      if (copy[i] === this.#boot[i]) continue;
      const hex = (byte: number | undefined): string => (byte ?? 0).toString(16).padStart(2, "0");
      differences.push(`${i}:${hex(this.#boot[i])}/${hex(copy[i])}`);
    }
    if (differences.length === 0) return;
    const shown = differences.slice(0, 64).join(", ");
    this.#say(
      "There are differences between boot sector and its backup.\n" +
        `This is mostly harmless. Differences: (offset:original/backup)\n  ${shown}\n  Not automatically fixing this.\n`,
    );
  }

  #checkDirty(): void {
    const at = this.#bits === 32 ? 0x41 : 0x25;
    const state = this.#boot[at] as number;
    if ((state & 1) === 0) return;
    this.#say(
      "Dirty bit is set. Fs was not properly unmounted and some data may be corrupt.\n Automatically removing dirty bit.\n",
    );
    this.#boot[at] = state & ~1;
    this.#put(at, new Uint8Array([state & ~1]));
  }

  #checkFats(): void {
    this.#compareFats();
    // Entries that lead nowhere; clusters are counted from 0 here, as in the original.
    for (let i = 2; i < this.#fat.length; i++) {
      const value = this.#fat[i] as number;
      if (value < this.#fat.length || value >= this.#bad) continue;
      this.#say(
        `Cluster ${i - 2} out of range (${value} > ${this.clusters + 1}). Setting to EOF.\n`,
      );
      this.#set(i, this.#end | 7);
    }
  }

  #compareFats(): void {
    if (this.#fats < 2) return;
    const other = this.#decode(this.#medium.read(this.#fatStart + this.#fatSize, this.#fatSize));
    let same = true;
    for (let i = 0; i < other.length && same; i++) same = other[i] === this.#fat[i];
    if (same) return;
    const intact = (fat: Uint32Array): boolean =>
      ((fat[0] as number) & 0xff) === (this.#boot[21] as number);
    if (!intact(this.#fat) && intact(other)) {
      this.#say("First FAT is corrupted. Using second FAT.\n");
      this.#fat.set(other);
    } else if (intact(this.#fat) && !intact(other)) {
      this.#say("Second FAT is corrupted. Using first FAT.\n");
    } else this.#say("FATs differ but appear to be intact.\n  Using first FAT.\n");
    this.#fatChanged = true;
    this.changed = true;
  }

  #writeFats(): void {
    const b = this.#medium.read(this.#fatStart, this.#fatSize).slice();
    for (let i = 0; i < this.#fat.length; i++) {
      const value = this.#fat[i] as number;
      if (this.#bits === 32) {
        const top = (b[4 * i + 3] as number) & 0xf0;
        b.set(bytes32(value), 4 * i);
        b[4 * i + 3] = ((value >>> 24) & 0x0f) | top;
      } else if (this.#bits === 16) b.set([value & 255, value >> 8], 2 * i);
      else {
        const at = i + (i >> 1);
        const even = (i & 1) === 0;
        const low = even ? value & 255 : ((b[at] as number) & 0x0f) | ((value & 15) << 4);
        const high = even ? ((b[at + 1] as number) & 0xf0) | (value >> 8) : value >> 4;
        b.set([low, high], at);
      }
    }
    for (let copy = 0; copy < this.#fats; copy++) {
      this.#medium.write(this.#fatStart + copy * this.#fatSize, b);
    }
  }

  #checkInfo(): void {
    const at = le16(this.#boot, 48) * le16(this.#boot, 11);
    if (at === 0 || at + 512 > this.#medium.size) return;
    const info = this.#medium.read(at, 512);
    if (le32(info, 0) !== 0x41615252 || le32(info, 484) !== 0x61417272) return;
    let free = 0;
    for (let i = 2; i < this.#fat.length; i++) if (this.#fat[i] === 0) free++;
    const told = le32(info, 488);
    if (told === free) return;
    if (told === 0xffffffff) this.#say(`Free cluster summary uninitialized (should be ${free})\n`);
    else this.#say(`Free cluster summary wrong (${told} vs. really ${free})\n`);
    this.#say("  Auto-correcting.\n");
    this.#put(at + 488, bytes32(free));
  }

  // ---- entries ------------------------------------------------------------------------------------

  #shortName(raw: Uint8Array): string {
    const part = (from: number, to: number): string => {
      let out = "";
      for (let i = from; i < to; i++) out += String.fromCharCode(raw[i] as number);
      return out.trimEnd();
    };
    const ext = part(8, 11);
    return ext === "" ? part(0, 8) : `${part(0, 8)}.${ext}`;
  }

  /** All entries in ranges of the medium. */
  #directory(
    ranges: readonly (readonly [number, number])[],
    path: string,
    self: number,
    depth: number,
  ): void {
    let slot = 0;
    const below: Entry[] = [];
    for (const [start, length] of ranges) {
      const b = this.#medium.read(start, length);
      for (let at = 0; at + 32 <= length; at += 32, slot++) {
        const raw = b.subarray(at, at + 32);
        const first = raw[0] as number;
        if (first === 0) {
          this.#below(below, depth);
          return;
        }
        const attr = raw[11] as number;
        if (first === FREE || (attr & 0x3f) === ATTR_LONG) continue;
        if (self !== 0 && slot < 2 && first === 0x2e) continue;
        if ((attr & ATTR_VOLUME) !== 0) continue;
        const entry = this.#entry(raw, start + at, path);
        if (entry.directory) below.push(entry);
      }
    }
    this.#below(below, depth);
  }

  #below(entries: readonly Entry[], depth: number): void {
    for (const entry of entries) {
      const chain = this.#chainOf(entry);
      if (depth >= MAX_DEPTH) throw new CheckError("Too many levels of directories.");
      this.#directory(
        chain.map((each) => [this.#place(each), this.#clusterSize]),
        entry.path,
        chain[0] ?? 1,
        depth + 1,
      );
    }
  }

  #start(at: number): number {
    const raw = this.#medium.read(at, 32);
    return this.#bits === 32 ? ((le16(raw, 20) << 16) | le16(raw, 26)) >>> 0 : le16(raw, 26);
  }

  #entry(raw: Uint8Array, at: number, parent: string): Entry {
    if (++this.files > MAX_FILES) throw new CheckError("Too many files.");
    let name = this.#shortName(raw);
    const directory = ((raw[11] as number) & ATTR_DIRECTORY) !== 0;
    if (isBadName(name)) {
      const number = String(this.#renamed++).padStart(4, "0");
      this.#say(
        `${parent}/${name}\n  Bad short file name (${name}).\n  Auto-renaming it.\n  Renamed to FSCK${number}.000\n`,
      );
      name = `FSCK${number}.000`;
      this.#put(
        at,
        Uint8Array.from(`FSCK${number}000`, (c) => c.charCodeAt(0)),
      );
    }
    const entry = { at, path: `${parent}/${name}`, directory };
    const start = this.#start(at);
    const chain = this.#claim(entry, start, directory ? undefined : le32(raw, 28));
    if (!directory) this.#checkSize(entry, chain.length, le32(raw, 28));
    return entry;
  }

  #setStart(entry: Entry, cluster: number): void {
    if (entry.at < 0) return;
    if (this.#bits === 32)
      this.#put(entry.at + 20, new Uint8Array([(cluster >>> 16) & 255, cluster >>> 24]));
    this.#put(entry.at + 26, new Uint8Array([cluster & 255, (cluster >> 8) & 255]));
  }

  #checkSize(entry: Entry, count: number, size: number): void {
    const have = count * this.#clusterSize;
    if (size <= have) return;
    this.#say(
      `${entry.path}\n  File size is ${size} bytes, cluster chain length is ${have} bytes.\n  Truncating file to ${have} bytes.\n`,
    );
    this.#put(entry.at + 28, bytes32(have));
  }

  /** The clusters an entry has been given. */
  #chainOf(entry: Entry): number[] {
    const chain: number[] = [];
    for (
      let at = this.#start(entry.at);
      this.#owner.get(at) === entry;
      at = this.#fat[at] as number
    ) {
      chain.push(at);
      if (chain.length > this.clusters) break;
    }
    return chain;
  }

  /** Follows a chain and gives its clusters to the entry; what is wrong ends it. */
  #claim(entry: Entry, start: number, size?: number): number[] {
    const chain: number[] = [];
    const cut = (): void => {
      const last = chain.at(-1);
      if (last === undefined) this.#setStart(entry, 0);
      else this.#set(last, this.#end | 7);
    };
    if (start === 0) return chain;
    if (start < 2 || start >= this.#fat.length) {
      this.#say(
        `${entry.path}\n  Start cluster beyond limit (${start} > ${this.clusters + 1}). Truncating file.\n`,
      );
      this.#setStart(entry, 0);
      return chain;
    }
    for (let at = start; ; ) {
      const next = this.#fat[at] as number;
      if (next === 0) {
        this.#say(`${entry.path}\n  Contains a free cluster (${at}). Assuming EOF.\n`);
        cut();
        return chain;
      }
      if (next === this.#bad) {
        this.#say(`${entry.path}\n  Contains a bad cluster (${at}). Assuming EOF.\n`);
        cut();
        return chain;
      }
      if (size !== undefined && chain.length * this.#clusterSize >= size) {
        const shown = chain.length * this.#clusterSize;
        this.#say(
          `${entry.path}\n  File size is ${size} bytes, cluster chain length is > ${shown} bytes.\n  Truncating file to ${size} bytes.\n`,
        );
        cut();
        this.#freeRest(at);
        return chain;
      }
      const other = this.#owner.get(at);
      if (other !== undefined) {
        const bytes = chain.length * this.#clusterSize;
        this.#say(
          other === entry
            ? `${entry.path}\n  Circular cluster chain. Truncating to ${chain.length} cluster${chain.length === 1 ? "" : "s"}.\n`
            : `${other.path}  and\n${entry.path}\n  share clusters.\n  Truncating second to ${bytes} bytes.\n`,
        );
        cut();
        return chain;
      }
      this.#owner.set(at, entry);
      chain.push(at);
      if (next >= this.#end) return chain;
      // Reserved numbers: nothing can follow.
      if (next < 2) {
        cut();
        return chain;
      }
      at = next;
    }
  }

  /** Clusters that a file has too many. */
  #freeRest(first: number): void {
    for (let at = first; at >= 2 && at < this.#fat.length && !this.#owner.has(at); ) {
      const next = this.#fat[at] as number;
      if (next === 0) return;
      this.#set(at, 0);
      at = next;
    }
  }

  // ---- lost clusters ------------------------------------------------------------------------------

  #reclaim(): void {
    const lost: number[] = [];
    const pointed = new Set<number>();
    for (let i = 2; i < this.#fat.length; i++) {
      const value = this.#fat[i] as number;
      if (value === 0 || value === this.#bad || this.#owner.has(i)) continue;
      lost.push(i);
      if (value >= 2 && value < this.#fat.length) pointed.add(value);
    }
    if (lost.length === 0) return;
    const bytes = lost.length * this.#clusterSize;
    const s = lost.length === 1 ? "" : "s";
    if (!this.#salvage) {
      this.#say(`Reclaimed ${lost.length} unused cluster${s} (${bytes} bytes).\n`);
      for (const cluster of lost) this.#set(cluster, 0);
      return;
    }
    let chains = 0;
    const heads = lost.filter((cluster) => !pointed.has(cluster));
    // A ring has no beginning: its first cluster is as good as any.
    for (const head of [...heads, ...lost]) {
      if (this.#owner.has(head)) continue;
      const count = this.#adopt(head, chains);
      if (count > 0) chains++;
    }
    this.#say(
      `Reclaimed ${lost.length} unused cluster${s} (${bytes} bytes) in ${chains} chain${chains === 1 ? "" : "s"}.\n`,
    );
  }

  /** Makes a file of a lost chain: its clusters, or 0 when the root directory is full. */
  #adopt(head: number, number: number): number {
    const name = `FSCK${String(number).padStart(4, "0")}REC`;
    const at = this.#freeSlot();
    const entry: Entry = { at, path: `/${name}`, directory: false };
    let count = 0;
    let last = head;
    for (let cluster = head; cluster >= 2 && cluster < this.#fat.length; ) {
      if (this.#owner.has(cluster) || this.#fat[cluster] === 0) break;
      this.#owner.set(cluster, entry);
      last = cluster;
      count++;
      cluster = this.#fat[cluster] as number;
    }
    this.#set(last, this.#end | 7);
    if (at < 0) {
      for (let cluster = head; cluster < this.#end; ) {
        const next = this.#fat[cluster] as number;
        this.#set(cluster, 0);
        cluster = next;
      }
      return 0;
    }
    const raw = new Uint8Array(32);
    raw.set(Uint8Array.from(name, (c) => c.charCodeAt(0)));
    raw.set(bytes32(count * this.#clusterSize), 28);
    this.#put(at, raw);
    this.#setStart(entry, head);
    this.files++;
    return count;
  }

  /** A free slot of the root directory; -1 when it is full. */
  #freeSlot(): number {
    const ranges: [number, number][] = [];
    if (this.#bits !== 32) ranges.push([this.#rootStart, this.#rootEntries * 32]);
    else {
      let cluster = le32(this.#boot, 44);
      for (let n = 0; n < 4096 && cluster >= 2 && cluster < this.#fat.length; n++) {
        ranges.push([this.#place(cluster), this.#clusterSize]);
        cluster = this.#fat[cluster] as number;
      }
    }
    for (const [start, length] of ranges) {
      const b = this.#medium.read(start, length);
      for (let at = 0; at < length; at += 32) if (b[at] === 0 || b[at] === FREE) return start + at;
    }
    return -1;
  }

  /** Clusters in use, for the summary. */
  get used(): number {
    let used = 0;
    for (let i = 2; i < this.#fat.length; i++) {
      const value = this.#fat[i] as number;
      if (value !== 0 && value !== this.#bad) used++;
    }
    return used;
  }
}

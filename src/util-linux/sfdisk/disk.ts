// A disk or image that is being partitioned: its sectors, its table, what is free on it.
import { BLKGETSIZE64, BLKRRPART, BLKSSZGET } from "../../abi/block.ts";
import { Errno } from "../../abi/errno.ts";
import { O_RDONLY, O_RDWR } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import {
  isExtended,
  type Partition,
  type PartitionTable,
  partitionTableWrites,
  readPartitionTable,
} from "../../lib/partition-table.ts";
import { S_ISBLK } from "../../libc/stat.ts";
import { open } from "../../libc/unistd.ts";

const MIB = 1024 * 1024;
/** Sectors of the GPT: header and entries, at either end. */
const GPT_SECTORS = 33;

/** Free sectors next to each other. */
export interface Gap {
  start: number;
  size: number;
}

export class DiskFile {
  readonly sys: Sys;
  readonly path: string;
  readonly fd: number;
  readonly isBlock: boolean;
  readonly sectorSize: number;
  /** Sectors. */
  readonly total: number;
  table: PartitionTable | undefined;

  private constructor(
    sys: Sys,
    path: string,
    fd: number,
    shape: { isBlock: boolean; sectorSize: number; bytes: number },
  ) {
    this.sys = sys;
    this.path = path;
    this.fd = fd;
    this.isBlock = shape.isBlock;
    this.sectorSize = shape.sectorSize;
    this.total = Math.floor(shape.bytes / shape.sectorSize);
  }

  /** Throws Errno. */
  static *open(sys: Sys, path: string, write: boolean): Steps<DiskFile> {
    const fd = yield* settle(open(sys, path, write ? O_RDWR : O_RDONLY));
    const st = sys.fstat(fd);
    const isBlock = S_ISBLK(st.mode);
    const bytes = isBlock ? Number(yield* settle(sys.ioctl(fd, BLKGETSIZE64))) : st.size;
    const sectorSize = isBlock ? Number(yield* settle(sys.ioctl(fd, BLKSSZGET))) : 512;
    const disk = new DiskFile(sys, path, fd, { isBlock, sectorSize, bytes });
    disk.reload();
    return disk;
  }

  get bytes(): number {
    return this.total * this.sectorSize;
  }

  sectors(first: number, count: number): Uint8Array | undefined {
    if (first < 0 || first + count > this.total) return undefined;
    const length = count * this.sectorSize;
    const chunk = this.sys.pread(this.fd, length, first * this.sectorSize);
    return isSteps(chunk) || chunk.length < length ? undefined : chunk;
  }

  reload(): void {
    const read = (first: number, count: number): Uint8Array | undefined =>
      this.sectors(first, count);
    this.table = readPartitionTable(read, this.total, this.sectorSize);
  }

  /** Sectors that starts are multiples of: 1 MiB, but single ones on very small disks. */
  get grain(): number {
    const grain = MIB / this.sectorSize;
    return this.total < 4 * grain ? 1 : grain;
  }

  /** An empty table. */
  newTable(label: "dos" | "gpt", id: string): PartitionTable {
    const small = this.grain === 1;
    const gptFirst = 1 + GPT_SECTORS;
    return {
      label,
      id,
      partitions: [],
      firstLba: label === "dos" ? (small ? 1 : this.grain) : small ? gptFirst : this.grain,
      lastLba: label === "dos" ? this.total - 1 : this.total - 1 - GPT_SECTORS,
    };
  }

  /** Where partitions may begin. */
  get firstLba(): number {
    const { table } = this;
    if (table === undefined || table.label === "dos") return this.grain;
    return table.firstLba;
  }

  /** The extended partition. */
  get extended(): Partition | undefined {
    if (this.table?.label !== "dos") return undefined;
    return this.table.partitions.find(({ number, type }) => number < 5 && isExtended(type));
  }

  /** What is free, aligned at its start; inside the extended partition with `logical`. */
  gaps(logical = false): Gap[] {
    const { table, grain } = this;
    if (table === undefined) return [];
    const extended = this.extended;
    let first = this.firstLba;
    let end = Math.min(table.lastLba, this.total - 1) + 1;
    // The tables of logical partitions stand in front of them.
    let front = 0;
    let used = table.partitions.filter(({ number }) => number <= 4 || table.label === "gpt");
    if (logical && extended !== undefined) {
      front = grain;
      first = extended.start + front;
      end = extended.start + extended.size;
      used = table.partitions.filter(({ number }) => number > 4);
    }
    const gaps: Gap[] = [];
    let at = first;
    const add = (until: number): void => {
      const start = Math.ceil(at / grain) * grain;
      if (until > start) gaps.push({ start, size: until - start });
    };
    for (const { start, size } of [...used].sort((a, b) => a.start - b.start)) {
      add(Math.min(end, start - front));
      at = Math.max(at, start + size + front);
    }
    add(end);
    return gaps;
  }

  /** Writes the table; then the kernel is asked to look, if `reread`. */
  *write(): Steps<void> {
    const { table } = this;
    const old = this.sectors(0, 1);
    if (table === undefined || old === undefined) return;
    for (const { sector, bytes } of partitionTableWrites(table, old, this.total, this.sectorSize)) {
      let done = 0;
      while (done < bytes.length) {
        const at = sector * this.sectorSize + done;
        done += yield* settle(this.sys.pwrite(this.fd, bytes.subarray(done), at));
      }
    }
    yield* settle(this.sys.fsync(this.fd));
  }

  /** Overwrites the beginning of a range: old file systems are not found there any more. */
  *wipe(start: number, size: number): Steps<void> {
    const bytes = Math.min(size * this.sectorSize, MIB);
    const zeros = new Uint8Array(bytes);
    let done = 0;
    while (done < bytes) {
      const at = start * this.sectorSize + done;
      done += yield* settle(this.sys.pwrite(this.fd, zeros.subarray(done), at));
    }
  }

  /** BLKRRPART; the errno when it failed. */
  *reread(): Steps<Errno | undefined> {
    try {
      yield* settle(this.sys.ioctl(this.fd, BLKRRPART));
      return undefined;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return e;
    }
  }

  /** "/dev/vda1", "/dev/loop0p1", "a.img1". */
  node(number: number): string {
    return /\d$/.test(this.path) ? `${this.path}p${number}` : `${this.path}${number}`;
  }
}

// A disk of a machine as a file of the host: sparse, locked against a second machine.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { hostname } from "node:os";
import { EIO } from "../../abi/errno.ts";
import type { BlockDevice } from "../../kernel/block/device.ts";
import { errnoOf } from "./errors.ts";

/** How to open a disk file. */
export interface HostDiskOptions {
  /** Bytes: makes the file, or lets it grow; default: as large as it is. */
  size?: number;
  readonly?: boolean;
  /** 512 (default), 4096, or 2048 for optical media. */
  sectorSize?: number;
}

/** A disk that cannot be used, in words for the user. */
export class DiskError extends Error {}

/** Holes smaller than this are not worth a call. */
const MIN_PUNCH = 1 << 20;

/** A file of the host as sectors. */
export class HostDisk implements BlockDevice {
  readonly path: string;
  readonly size: number;
  readonly sectorSize: number;
  readonly readonly: boolean;
  #fd: number;
  #written = false;
  #canPunch = process.platform === "linux";
  readonly #unlock: () => void;

  /** Throws DiskError. */
  constructor(path: string, options: HostDiskOptions = {}) {
    this.path = path;
    this.readonly = options.readonly === true;
    this.sectorSize = options.sectorSize ?? 512;
    const { size } = options;
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined && (size === undefined || this.readonly)) {
      throw new DiskError(`${path}: there is no such disk (size=8G makes one)`);
    }
    if (stat !== undefined && !stat.isFile()) {
      throw new DiskError(`${path}: not a regular file`);
    }
    // Media that nobody writes may be in many machines.
    this.#unlock = this.readonly ? () => {} : lock(path);
    try {
      this.#fd = fs.openSync(path, this.readonly ? "r" : stat === undefined ? "wx+" : "r+");
    } catch (error) {
      this.#unlock();
      throw new DiskError((error as Error).message, { cause: error });
    }
    try {
      this.size = this.#measure(size);
    } catch (error) {
      fs.closeSync(this.#fd);
      this.#unlock();
      if (error instanceof DiskError) throw error;
      throw new DiskError(`${path}: ${(error as Error).message}`, { cause: error });
    }
  }

  #measure(wanted: number | undefined): number {
    const now = fs.fstatSync(this.#fd).size;
    const { sectorSize } = this;
    if (wanted !== undefined && wanted % sectorSize !== 0) {
      throw new DiskError(`${this.path}: the size is no multiple of ${sectorSize} bytes`);
    }
    if (wanted !== undefined && wanted > now && !this.readonly) {
      fs.ftruncateSync(this.#fd, wanted);
      return wanted;
    }
    if (wanted !== undefined && wanted !== now) {
      throw new DiskError(
        `${this.path}: the disk has ${now} bytes, not ${wanted}: it would lose what is beyond`,
      );
    }
    if (now < sectorSize) throw new DiskError(`${this.path}: the file is empty (size=8G fills it)`);
    return now - (now % sectorSize);
  }

  read(offset: number, length: number): Uint8Array {
    const out = Buffer.allocUnsafeSlow(length);
    try {
      for (let done = 0; done < length; ) {
        const count = fs.readSync(this.#fd, out, done, length - done, offset + done);
        if (count === 0) throw EIO;
        done += count;
      }
    } catch (error) {
      throw error === EIO ? EIO : errnoOf(error);
    }
    return new Uint8Array(out.buffer, out.byteOffset, length);
  }

  write(offset: number, bytes: Uint8Array): void {
    try {
      for (let done = 0; done < bytes.length; ) {
        done += fs.writeSync(this.#fd, bytes, done, bytes.length - done, offset + done);
      }
    } catch (error) {
      throw errnoOf(error);
    }
    this.#written = true;
  }

  flush(): void {
    if (!this.#written) return;
    try {
      fs.fdatasyncSync(this.#fd);
    } catch (error) {
      throw errnoOf(error);
    }
    this.#written = false;
  }

  /**
   * Gives space back to the host where it can. The file is never cut to be grown again: a host
   * that is killed in between would leave a disk of another size.
   */
  discard(offset: number, length: number): void {
    if (length < MIN_PUNCH || !this.#canPunch) return;
    try {
      // Node has no fallocate(2).
      const range = ["-p", "-o", String(offset), "-l", String(length)];
      execFileSync("fallocate", [...range, `/proc/${process.pid}/fd/${this.#fd}`], {
        stdio: "ignore",
        timeout: 10_000,
      });
      this.#written = true;
    } catch {
      this.#canPunch = false;
    }
  }

  close(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    fs.closeSync(fd);
    this.#unlock();
  }
}

/** Who has a disk: what stands in its lock file. */
interface Owner {
  pid: number;
  host: string;
  /** When the process started, in the host's ticks: tells it from a later one with its number. */
  started: string;
}

function startTime(pid: number): string {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
  } catch {
    return "";
  }
}

function isAlive(owner: Owner): boolean {
  if (owner.host !== hostname()) return true;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
  return owner.started === startTime(owner.pid);
}

function readOwner(file: string): Owner | undefined {
  try {
    const owner = JSON.parse(fs.readFileSync(file, "utf8")) as Partial<Owner>;
    const { pid, host, started } = owner;
    if (typeof pid !== "number" || typeof host !== "string") return undefined;
    return { pid, host, started: String(started ?? "") };
  } catch {
    return undefined;
  }
}

/**
 * Takes the lock file beside a disk; what undoes it. A lock whose process is gone (killed) is taken
 * over. Throws DiskError when another machine has the disk.
 */
function lock(path: string): () => void {
  const file = `${path}.lock`;
  const mine = `${file}.${process.pid}`;
  const owner: Owner = { pid: process.pid, host: hostname(), started: startTime(process.pid) };
  try {
    fs.writeFileSync(mine, JSON.stringify(owner), { mode: 0o600 });
  } catch (error) {
    throw new DiskError(`${path}: cannot lock: ${(error as Error).message}`, { cause: error });
  }
  try {
    for (let attempt = 0; attempt < 5; attempt++) {
      try {
        // The lock appears with its contents, or not at all.
        fs.linkSync(mine, file);
        return () => fs.rmSync(file, { force: true });
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") {
          throw new DiskError(`${path}: cannot lock: ${(error as Error).message}`, {
            cause: error,
          });
        }
      }
      const other = readOwner(file);
      if (other !== undefined && isAlive(other)) {
        const where = other.host === hostname() ? "" : ` on ${other.host}`;
        throw new DiskError(
          `${path}: in use by another machine (process ${other.pid}${where}; lock ${file})`,
        );
      }
      // Left by a process that was killed. Of two that find it, one moves it away.
      const stale = `${mine}.stale`;
      try {
        fs.renameSync(file, stale);
        fs.rmSync(stale, { force: true });
      } catch {
        // The other one was faster.
      }
    }
    throw new DiskError(`${path}: cannot lock: ${file} comes again and again`);
  } finally {
    fs.rmSync(mine, { force: true });
  }
}

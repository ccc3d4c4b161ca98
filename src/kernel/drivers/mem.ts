// Memory devices: null, zero, full, random, urandom, kmsg (mem(4), random(4), null(4)).
import { EAGAIN, EINVAL, ENOSPC, EPERM, EPIPE } from "../../abi/errno.ts";
import { SEEK_DATA, SEEK_END, SEEK_SET } from "../../abi/fcntl.ts";
import { POLLIN, POLLOUT } from "../../abi/poll.ts";
import type { Blocking, Steps } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import type { DeviceTable } from "../device.ts";
import { File, type Path } from "../fs/file.ts";
import type { LogRecord } from "../log.ts";
import type { Task } from "../task.ts";
import { sleepOn, type WaitQueue } from "../wait.ts";

const EMPTY = new Uint8Array(0);
/** Most that one read of a random device gives, as on Linux. */
const MAX_RANDOM = 33554431;
/** What hosts' generators give at a time. */
const RANDOM_CHUNK = 65536;
/** Longest line written to /dev/kmsg. */
const MAX_LINE = 1024;
const RNDGETENTCNT = 0x80045200;
const RNDADDTOENTCNT = 0x40045201;
const RNDADDENTROPY = 0x40085203;
const RNDZAPENTCNT = 0x5204;
const RNDCLEARPOOL = 0x5206;
const RNDRESEEDCRNG = 0x5207;
/** Bits of entropy that a generator which is ready reports. */
export const ENTROPY_BITS = 256;

/** /dev/null: an end of file, and room for everything. */
class NullFile extends File {
  override read(_task: Task, _max: number): Blocking<Uint8Array> {
    return EMPTY;
  }
  override readAt(_task: Task, _pos: number, _max: number): Blocking<Uint8Array> {
    return EMPTY;
  }
  override write(_task: Task, bytes: Uint8Array): Blocking<number> {
    return bytes.length;
  }
  override writeAt(_task: Task, _pos: number, bytes: Uint8Array): number {
    return bytes.length;
  }
  override seek(): number {
    this.pos = 0;
    return 0;
  }
}

/** /dev/zero. */
class ZeroFile extends NullFile {
  override read(task: Task, max: number): Blocking<Uint8Array> {
    // Zeros are zeros: readers share one block of them.
    const zeros = task.kernel.slot("zeros", () => new Uint8Array(65536));
    return max <= zeros.length ? zeros.subarray(0, max) : new Uint8Array(Math.min(max, 1 << 24));
  }
  override readAt(task: Task, _pos: number, max: number): Blocking<Uint8Array> {
    return this.read(task, max);
  }
}

/** /dev/full: zeros to read, no space to write. */
class FullFile extends ZeroFile {
  override write(_task: Task, bytes: Uint8Array): Blocking<number> {
    if (bytes.length === 0) return 0;
    throw ENOSPC;
  }
  override writeAt(_task: Task, _pos: number, bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    throw ENOSPC;
  }
}

/** /dev/random and /dev/urandom: the host's generator, which is always ready. */
class RandomFile extends File {
  override read(task: Task, max: number): Blocking<Uint8Array> {
    const { host } = task.kernel;
    if (max <= RANDOM_CHUNK) return host.random(max);
    const out = new Uint8Array(Math.min(max, MAX_RANDOM));
    for (let at = 0; at < out.length; at += RANDOM_CHUNK) {
      out.set(host.random(Math.min(RANDOM_CHUNK, out.length - at)), at);
    }
    return out;
  }
  override readAt(task: Task, _pos: number, max: number): Blocking<Uint8Array> {
    return this.read(task, max);
  }
  /** Seeds are welcome but the host's generator needs none. */
  override write(_task: Task, bytes: Uint8Array): Blocking<number> {
    return bytes.length;
  }
  override seek(): number {
    return this.pos;
  }
  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    switch (request) {
      case RNDGETENTCNT:
        return ENTROPY_BITS;
      case RNDADDTOENTCNT:
      case RNDADDENTROPY:
      case RNDZAPENTCNT:
      case RNDCLEARPOOL:
      case RNDRESEEDCRNG:
        if (task.cred.euid !== 0) throw EPERM;
        return 0;
      default:
        return super.ioctl(task, request, arg);
    }
  }
}

/** One record as /dev/kmsg shows it. */
function formatRecord(record: LogRecord): string {
  // Control characters and backslashes inside a record are escaped.
  const text = record.text.replace(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is escaped
    /[\x00-\x1f\x7f-\xff\\]/g,
    (c) => `\\x${c.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
  return `${record.priority},${record.seq},${Math.floor(record.timeUs)},-;${text}\n`;
}

/** /dev/kmsg: a record a read, a record a write. */
class KmsgFile extends File {
  /** Next record to read. */
  #seq: number;

  constructor(path: Path, flags: number, task: Task) {
    super(path, flags);
    this.#seq = task.kernel.log.since(0)[0]?.seq ?? task.kernel.log.nextSeq;
  }

  override read(task: Task, max: number): Blocking<Uint8Array> {
    const { log } = task.kernel;
    if (this.#seq >= log.nextSeq) {
      if (this.nonblock) throw EAGAIN;
      return this.#readLater(task, max);
    }
    const record = log.since(this.#seq)[0] as LogRecord;
    if (record.seq !== this.#seq) {
      // Records were lost since the last read.
      this.#seq = record.seq;
      throw EPIPE;
    }
    const bytes = bytesOf(formatRecord(record));
    if (bytes.length > max) throw EINVAL;
    this.#seq++;
    return bytes;
  }

  *#readLater(task: Task, max: number): Steps<Uint8Array> {
    const { log } = task.kernel;
    while (this.#seq >= log.nextSeq) yield* sleepOn(task, [log.queue]);
    return this.read(task, max) as Uint8Array;
  }

  override write(task: Task, bytes: Uint8Array): Blocking<number> {
    if (bytes.length > MAX_LINE) throw EINVAL;
    let text = strOf(bytes);
    // <N> in front gives the priority; facility 0, the kernel's own, becomes "user".
    let priority = 8 + 4;
    const prefix = /^<(\d{1,9})>/.exec(text);
    if (prefix !== null) {
      const given = Number(prefix[1]);
      priority = given >>> 3 === 0 ? 8 + (given & 7) : given;
      text = text.slice(prefix[0].length);
    }
    if (text.endsWith("\n")) text = text.slice(0, -1);
    const { kernel } = task;
    kernel.log.append(priority, (kernel.monotonic() - kernel.bootMs) * 1000, text);
    return bytes.length;
  }

  override seek(offset: number, whence: number): number {
    const { log } = this.inode.sb.kernel;
    if (offset !== 0) throw EINVAL;
    if (whence === SEEK_SET) this.#seq = log.since(0)[0]?.seq ?? log.nextSeq;
    else if (whence === SEEK_END) this.#seq = log.nextSeq;
    else if (whence === SEEK_DATA) this.#seq = log.clearedSeq;
    else throw EINVAL;
    return 0;
  }

  override poll(): number {
    const ready = this.#seq < this.inode.sb.kernel.log.nextSeq ? POLLIN : 0;
    return ready | POLLOUT;
  }
  override pollQueues(): readonly WaitQueue[] {
    return [this.inode.sb.kernel.log.queue];
  }
}

/** Registers the memory devices. */
export function registerMemoryDevices(devices: DeviceTable): void {
  devices.register("c", 1, 3, (_task, path, flags) => new NullFile(path, flags));
  devices.register("c", 1, 5, (_task, path, flags) => new ZeroFile(path, flags));
  devices.register("c", 1, 7, (_task, path, flags) => new FullFile(path, flags));
  devices.register("c", 1, 8, (_task, path, flags) => new RandomFile(path, flags));
  devices.register("c", 1, 9, (_task, path, flags) => new RandomFile(path, flags));
  devices.register("c", 1, 11, (task, path, flags) => new KmsgFile(path, flags, task));
}

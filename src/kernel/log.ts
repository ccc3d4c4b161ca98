// The kernel's ring of messages (dmesg, syslog(2), /dev/kmsg).
import { WaitQueue } from "./wait.ts";

/** One record of the log. */
export interface LogRecord {
  readonly seq: number;
  /** Syslog priority: facility * 8 + level. */
  readonly priority: number;
  /** Microseconds since boot. */
  readonly timeUs: number;
  readonly text: string;
}

/** Bounded: the oldest records give way. */
export class KernelLog {
  readonly queue: WaitQueue = new WaitQueue();
  #records: LogRecord[] = [];
  #seq = 0;
  #bytes = 0;
  readonly #limitBytes: number;
  /** Sequence number before which dmesg shows nothing (syslog action 5). */
  clearedSeq = 0;
  consoleLevel = 7;
  /** Told of each record: the console, where there is one. */
  onAppend: (record: LogRecord) => void = () => {};

  constructor(limitBytes: number = 128 * 1024) {
    this.#limitBytes = limitBytes;
  }

  get size(): number {
    return this.#limitBytes;
  }
  get nextSeq(): number {
    return this.#seq;
  }

  append(priority: number, timeUs: number, text: string): LogRecord {
    const record = { seq: this.#seq++, priority, timeUs: Math.floor(timeUs), text };
    this.#records.push(record);
    this.#bytes += text.length + 32;
    while (this.#bytes > this.#limitBytes && this.#records.length > 1) {
      this.#bytes -= (this.#records.shift() as LogRecord).text.length + 32;
    }
    this.queue.wake();
    this.onAppend(record);
    return record;
  }

  /** Records from `seq` on that are still there. */
  since(seq: number): readonly LogRecord[] {
    return this.#records.filter((record) => record.seq >= seq);
  }
}

// The Host of a machine that runs in a web page or worker: clocks, random bytes, call-backs.
import type { Host } from "../../kernel/host.ts";

/** crypto.getRandomValues gives at most this much at a time. */
const RANDOM_BYTES = 65536;

/** Host functions of a page or worker. */
export class BrowserHost implements Host {
  readonly #channel = new MessageChannel();
  readonly #soon: (() => void)[] = [];
  readonly #report: (message: string) => void;

  /** `report` gets our own bugs; default: the console. */
  constructor(report: (message: string) => void = (message) => console.error(message)) {
    this.#report = report;
    // A message turns around at once, where a timer of 0 ms is held back to 4 ms.
    this.#channel.port1.onmessage = () => this.#soon.shift()?.();
  }

  now(): number {
    return performance.timeOrigin + performance.now();
  }

  monotonic(): number {
    return performance.now();
  }

  random(length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let i = 0; i < length; i += RANDOM_BYTES) {
      crypto.getRandomValues(bytes.subarray(i, i + RANDOM_BYTES));
    }
    return bytes;
  }

  soon(callback: () => void): void {
    this.#soon.push(callback);
    this.#channel.port2.postMessage(0);
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = setTimeout(callback, Math.min(Math.ceil(delayMs), 0x7fffffff));
    return () => clearTimeout(timer);
  }

  report(message: string): void {
    this.#report(message);
  }
}

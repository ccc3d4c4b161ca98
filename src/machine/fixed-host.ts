// A host with a clock and random numbers of its own: runs repeat to the byte.
import type { Host } from "../kernel/host.ts";

/** xorshift32: not for secrets, for replays. */
class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0 || 0x9e3779b9 | 0;
  }

  next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x & 0xff;
  }
}

/**
 * Time stands still while programs run and jumps to the next timer when all of them wait; random bytes
 * follow from the seed. What waits for another host (input, streams) is driven by `base`.
 */
export class FixedHost implements Host {
  readonly #base: Host;
  readonly #startMs: number;
  readonly #random: Random;
  #elapsedMs = 0;

  /** `base`: the real host, for call-backs and reports. `startMs`: the wall clock at boot. */
  constructor(base: Host, options: { startMs?: number; seed?: number } = {}) {
    this.#base = base;
    this.#startMs = options.startMs ?? Date.UTC(2024, 8, 6);
    this.#random = new Random(options.seed ?? 1);
  }

  now(): number {
    return this.#startMs + this.#elapsedMs;
  }
  monotonic(): number {
    return this.#elapsedMs;
  }
  random(length: number): Uint8Array {
    return new Uint8Array(length).map(() => this.#random.next());
  }
  soon(callback: () => void): void {
    this.#base.soon(callback);
  }
  after(delayMs: number, callback: () => void): () => void {
    let live = true;
    this.#base.soon(() => {
      if (!live) return;
      this.#elapsedMs += delayMs;
      callback();
    });
    return () => {
      live = false;
    };
  }
  sleepUntil(deadlineMs: number): boolean {
    this.#elapsedMs = Math.max(this.#elapsedMs, deadlineMs);
    return true;
  }
  report(message: string): void {
    this.#base.report(message);
  }
}

// The Host of a machine that runs in Node: clocks, random bytes, call-backs.
import type { Host } from "../../kernel/host.ts";

/** Random bytes are drawn in blocks of this size: a call into OpenSSL costs more than the bytes. */
const POOL_BYTES = 256;

/**
 * Host functions of this Node process. Timers do not keep the process alive: who waits for a machine
 * does (the CLI holds a handle while its machine runs).
 */
export class NodeHost implements Host {
  #pool: Uint8Array = new Uint8Array(0);
  /** Wall clock minus monotonic clock. */
  #offsetMs = performance.timeOrigin;

  now(): number {
    // Date.now() has whole milliseconds only; the monotonic clock adds the rest until somebody sets the clock.
    const wall = Date.now();
    const now = performance.now() + this.#offsetMs;
    if (now >= wall - 1 && now < wall + 2) return now;
    this.#offsetMs = wall - performance.now();
    return wall;
  }

  monotonic(): number {
    return performance.now();
  }

  random(length: number): Uint8Array {
    if (length > POOL_BYTES / 4) return this.#draw(length);
    if (this.#pool.length < length) this.#pool = this.#draw(POOL_BYTES);
    const bytes = this.#pool.slice(0, length);
    this.#pool.fill(0, 0, length);
    this.#pool = this.#pool.subarray(length);
    return bytes;
  }

  #draw(length: number): Uint8Array {
    // Loaded at first use: node:crypto costs milliseconds that most runs do not need.
    const { randomFillSync } = process.getBuiltinModule("node:crypto");
    return randomFillSync(new Uint8Array(length));
  }

  soon(callback: () => void): void {
    setImmediate(callback);
  }

  after(delayMs: number, callback: () => void): () => void {
    // Node's timers take whole milliseconds, at most 2^31-1; whoever waits longer is called early and waits again.
    const timer = setTimeout(callback, Math.min(Math.ceil(delayMs), 0x7fffffff));
    timer.unref();
    return () => clearTimeout(timer);
  }

  sleepUntil(deadlineMs: number): boolean {
    const delayMs = deadlineMs - performance.now();
    if (delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
    return true;
  }

  report(message: string): void {
    process.stderr.write(`bivy: ${message}\n`);
  }
}

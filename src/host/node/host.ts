// The Host of a machine that runs in Node: clocks, random bytes, call-backs.
import type { Host, Uplink } from "../../kernel/host.ts";
import { NodeUplink } from "./uplink.ts";

/** Random bytes are drawn in blocks of this size: a call into OpenSSL costs more than the bytes. */
const POOL_BYTES = 256;

/**
 * Host functions of this Node process. Timers do not keep the process alive: who waits for a machine
 * does (the CLI holds a handle while its machine runs).
 */
export class NodeHost implements Host {
  #pool: Uint8Array = new Uint8Array(0);
  /** Wall clock minus monotonic clock. */
  #offsetMs = Number.NaN;
  /** Sockets of this process; machines use them as far as their policy goes. */
  readonly uplink: Uplink = new NodeUplink();
  /** Monotonic clock minus performance.now(), once that is used. */
  #startMs: number | undefined;

  now(): number {
    // Date.now() has whole milliseconds only; the monotonic clock adds the rest until somebody sets the clock.
    const wall = Date.now();
    const monotonic = this.monotonic();
    const now = monotonic + this.#offsetMs;
    if (now >= wall - 1 && now < wall + 2) return now;
    this.#offsetMs = wall - monotonic;
    return wall;
  }

  monotonic(): number {
    if (this.#startMs !== undefined) return this.#startMs + performance.now();
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + nanoseconds / 1e6;
  }

  /**
   * performance.now() is the quicker clock, but Node loads it at first use, which takes longer than a
   * short command: so only when there is a second turn of the event loop.
   */
  #settle(): void {
    if (this.#startMs !== undefined) return;
    const monotonic = this.monotonic();
    this.#startMs = monotonic - performance.now();
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
    setImmediate(() => {
      this.#settle();
      callback();
    });
  }

  after(delayMs: number, callback: () => void): () => void {
    // Node's timers take whole milliseconds, at most 2^31-1; whoever waits longer is called early and waits again.
    const timer = setTimeout(callback, Math.min(Math.ceil(delayMs), 0x7fffffff));
    timer.unref();
    return () => clearTimeout(timer);
  }

  sleepUntil(deadlineMs: number): boolean {
    const delayMs = deadlineMs - this.monotonic();
    if (delayMs > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delayMs);
    return true;
  }

  report(message: string): void {
    process.stderr.write(`bivy: ${message}\n`);
  }
}

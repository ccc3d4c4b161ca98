// What a machine needs from its host: the only way the kernel reaches outside.
/** Implemented by host/node and host/browser. Everything is off unless the host gives it. */
export interface Host {
  /** Wall clock, milliseconds since 1970, fractions allowed. */
  now(): number;
  /** Monotonic clock, milliseconds with fractions. */
  monotonic(): number;
  /** Cryptographically strong random bytes. */
  random(length: number): Uint8Array;
  /** Calls back soon, after the host has served its own events. */
  soon(callback: () => void): void;
  /** Calls back at the earliest after `delayMs`; returns a cancel function. Must not keep the host process alive by itself unless asked. */
  after(delayMs: number, callback: () => void): () => void;
  /** Our own bugs: one line for the host's log. */
  report(message: string): void;
}

/** Bounds of one machine. Passing one gives the guest its errno or signal. */
export interface Limits {
  /** Bytes of files, pipes, shared pages of this machine (ENOSPC / ENOMEM). */
  memoryBytes: number;
  /** Tasks at a time (EAGAIN from fork). */
  tasks: number;
  /** Open descriptions in the machine (ENFILE). */
  openFiles: number;
}

export const DEFAULT_LIMITS: Limits = Object.freeze({
  memoryBytes: 1024 * 1024 * 1024,
  tasks: 4096,
  openFiles: 65536,
});

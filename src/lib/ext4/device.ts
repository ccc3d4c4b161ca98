// What a file system lies on.

/** Bytes at any offset; calls finish at once and throw the owner's errors. */
export interface ByteDevice {
  readonly size: number;
  /** Exactly `length` bytes, the caller's own. */
  read(offset: number, length: number): Uint8Array;
  /** `bytes` may be changed afterwards. */
  write(offset: number, bytes: Uint8Array): void;
  /** What was written before is stable when it returns. */
  flush(): void;
}

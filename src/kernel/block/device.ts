// Block devices as drivers give them to the kernel (Linux: struct gendisk): disks, their partitions, loop devices.

/**
 * What holds sectors. Offsets and lengths are bytes and may be any; calls finish at once and throw EIO, ENOSPC (a
 * sparse host file on a full disk), EROFS. What was written survives a killed host only after `flush`.
 */
export interface BlockDevice {
  /** Bytes; a multiple of `sectorSize`. */
  readonly size: number;
  /** Logical sector: 512 or 4096. */
  readonly sectorSize: number;
  readonly readonly: boolean;
  /** Exactly `length` bytes, a chunk of its own that the caller may change; EIO beyond the end. */
  read(offset: number, length: number): Uint8Array;
  /** ENOSPC beyond the end. `bytes` may be changed by the caller afterwards. */
  write(offset: number, bytes: Uint8Array): void;
  /** Everything written before is on stable storage when it returns (a barrier). */
  flush(): void;
  /** The range need not be kept; reads of it give anything. */
  discard?(offset: number, length: number): void;
}

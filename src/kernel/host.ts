// What a machine needs from its host: the only way the kernel reaches outside.
import type { StatFs, Timespec } from "../abi/stat.ts";

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
  /**
   * For machine.runSync: lets the time pass until `deadlineMs` of the monotonic clock, by waiting or,
   * with a fixed clock, by setting it. False when that cannot be done here.
   */
  sleepUntil?(deadlineMs: number): boolean;
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

/** What the host tells of a file: as stat(2), times in full precision. */
export interface HostStat {
  /** With `ino` the identity of a file; equal for hard links. */
  readonly dev: number;
  readonly ino: number;
  readonly mode: number;
  readonly nlink: number;
  readonly uid: number;
  readonly gid: number;
  readonly rdev: number;
  readonly size: number;
  readonly blksize: number;
  readonly blocks: number;
  readonly atime: Timespec;
  readonly mtime: Timespec;
  readonly ctime: Timespec;
  /** Tells a file from an earlier one that had its identity; any number that stays the same. */
  readonly birth: number;
}

/** Entries of a host directory without "." and "..", `types` as DT_*. */
export interface HostEntries {
  readonly names: readonly string[];
  readonly types: readonly number[];
}

/** A file that was opened, and what it is. */
export interface HostOpened {
  readonly handle: number;
  readonly stat: HostStat;
}

/**
 * A folder of the host, lent to a machine. Files are named by an open directory and ONE component (a
 * byte string, never "", ".", ".." or with a slash: EINVAL), and no call follows a symbolic link, so
 * nothing outside of the folder can be reached, whatever the guest or others do to it meanwhile.
 *
 * Handles are numbers, of directories and of open files alike. Calls are synchronous and throw Errno.
 */
export interface HostFiles {
  /** Where the folder is, for messages. */
  readonly label: string;
  /** Handle of the folder itself; open until `release`. */
  readonly root: number;
  /** Changes throw EROFS. */
  readonly readonly: boolean;
  /** The host keeps any owner, group and mode (it runs as root on a Unix); else the guest's are kept by the file system. */
  readonly keepsOwners: boolean;
  /** User and group that files made here get on the host; -1 where it has none. */
  readonly uid: number;
  readonly gid: number;

  /** undefined when it is not there. */
  lstat(dir: number, name: string): HostStat | undefined;
  fstat(handle: number): HostStat;
  readdir(dir: number): HostEntries;
  readlink(dir: number, name: string): string;
  statfs(): Omit<StatFs, "type" | "flags">;

  opendir(dir: number, name: string): number;
  /** Opens a regular file with O_* flags (access mode, O_CREAT, O_EXCL, O_TRUNC, O_APPEND count); ESTALE for other types. `mode` is exact. */
  open(dir: number, name: string, flags: number, mode: number): HostOpened;
  close(handle: number): void;
  /** Up to `max` bytes, of which about `expected` are there; a chunk of its own. */
  read(file: number, pos: number, max: number, expected: number): Uint8Array;
  /** Bytes written; at the end, whatever `pos`, when opened with O_APPEND. */
  write(file: number, pos: number, bytes: Uint8Array): number;
  truncate(file: number, length: number): void;
  fsync(handle: number): void;

  mkdir(dir: number, name: string, mode: number): void;
  symlink(target: string, dir: number, name: string): void;
  link(oldDir: number, oldName: string, dir: number, name: string): void;
  unlink(dir: number, name: string): void;
  rmdir(dir: number, name: string): void;
  rename(oldDir: number, oldName: string, dir: number, name: string): void;
  chmod(dir: number, name: string, mode: number): void;
  fchmod(handle: number, mode: number): void;
  chown(dir: number, name: string, uid: number, gid: number): void;
  fchown(handle: number, uid: number, gid: number): void;
  utimes(dir: number, name: string, atime: Timespec, mtime: Timespec): void;
  futimes(handle: number, atime: Timespec, mtime: Timespec): void;
  /** Closes all handles. */
  release(): void;
}

// What a machine needs from its host: the only way the kernel reaches outside.
import type { Errno } from "../abi/errno.ts";
import type { TlsHandshake, TlsInfo } from "../abi/socket.ts";
import type { StatFs, Timespec } from "../abi/stat.ts";
import type { DnsRecord } from "../lib/dns.ts";

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
  /** The way to other machines; without it there is none. */
  readonly uplink?: Uplink;
}

/**
 * Sockets of the host, lent to the virtual network behind a machine's eth0, which asks only for what the
 * machine's policy allows. No call waits and none calls back before it has returned.
 */
export interface Uplink {
  /** IPv6 leads anywhere. */
  readonly ipv6: boolean;
  /** Starts a TCP connection. */
  connect(addr: Uint8Array, port: number, handler: UplinkHandler): UplinkSocket;
  /**
   * Listens on an address of the host ("" is every one) for a published port; port 0 takes a free one.
   * `accept` is given each connection and returns who handles it; undefined refuses it. `ready` is
   * told the port, or why it cannot be had.
   */
  listen(
    address: string,
    port: number,
    accept: (socket: UplinkSocket, from: Uint8Array) => UplinkHandler | undefined,
    ready: (error: Errno | undefined, port: number) => void,
  ): { close(): void };
  /** A UDP socket of one family. */
  datagrams(
    family: 4 | 6,
    receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void,
  ): UplinkDatagrams;
  /** A UDP socket for a published port; as `listen`. */
  bindDatagrams(
    address: string,
    port: number,
    receive: (bytes: Uint8Array, addr: Uint8Array, port: number) => void,
    ready: (error: Errno | undefined, port: number) => void,
  ): UplinkDatagrams;
  /** What the host's resolver knows; a DNS response code of lib/dns.ts, 0 with records. Names are byte strings. */
  lookup(
    name: string,
    type: number,
    done: (rcode: number, answers: readonly DnsRecord[]) => void,
  ): void;
}

/** What is told of a TCP connection; nothing after `closed`. */
export interface UplinkHandler {
  connected(): void;
  /** Keeps coming, as far as it is under way, after `pause`. */
  data(bytes: Uint8Array): void;
  /** The host can take more, after `write` has said no. */
  drained(): void;
  /** The other side has ended what it sends. */
  ended(): void;
  /** Over: refused, reset, failed, or (undefined) ended by both sides. */
  closed(error: Errno | undefined): void;
}

/** A TCP connection of the host. */
export interface UplinkSocket {
  /** Takes all of `bytes`; false: enough for now, `drained` will be called. */
  write(bytes: Uint8Array): boolean;
  /** Ends what we send. */
  end(): void;
  /** Ends everything at once; the handler is not called any more. */
  destroy(): void;
  pause(): void;
  resume(): void;
  /**
   * Speaks TLS as a client from now on. `received`: what has come and was not wanted by anybody yet: it
   * is TLS already. `done` gets what was agreed upon, or errno and text of a failure.
   */
  startTls(
    options: TlsHandshake,
    received: readonly Uint8Array[],
    done: (result: TlsInfo | { errno: Errno; message: string }) => void,
  ): void;
}

/** A UDP socket of the host. */
export interface UplinkDatagrams {
  /** Sends or drops. */
  send(bytes: Uint8Array, addr: Uint8Array, port: number): void;
  close(): void;
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
  /** Moves up to `count` bytes from file to file: how many; 0 at the end. */
  transfer(from: number, fromPos: number, to: number, toPos: number, count: number): number;
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

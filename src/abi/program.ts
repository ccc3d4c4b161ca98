// The system-call interface as a TypeScript program sees it. Kernel and userland meet here and nowhere else.

import type { Errno } from "./errno.ts";
import type { Flock } from "./fcntl.ts";
import type { EpollEvent, PollFd } from "./poll.ts";
import type { ITimer, RLimit, RUsage, SysInfo, Tms, UtsName } from "./resource.ts";
import type { SigAction, SigInfo, SigSet } from "./signal.ts";
import type { Received, SendOptions, SockAddr } from "./socket.ts";
import type { Dirent, Stat, StatFs, Timespec } from "./stat.ts";

/** What a task yields while it cannot go on: made by the kernel, opaque to programs. */
export interface Wait {
  /** Absolute time of the kernel's monotonic clock at which the wait ends by itself; Infinity for never. */
  readonly deadlineMs: number;
}

/**
 * A computation that may have to wait: `yield*` it. The scheduler resumes it with a wake reason that
 * only kernel code looks at.
 */
export type Steps<T> = Generator<Wait, T, number>;

/**
 * Result of a call that can block. Where the call could finish at once it IS the value; otherwise it is
 * the rest of the call, to be delegated to:
 *
 *     let bytes = sys.read(fd, 65536);
 *     if (isSteps(bytes)) bytes = yield* bytes;
 *
 * The first attempt has been made when the call returns; steps that are dropped are a call never made.
 */
export type Blocking<T> = T | Steps<T>;

/** Tells the rest of a blocking call from a finished one. */
export function isSteps<T>(result: Blocking<T>): result is Steps<T> {
  return (
    typeof result === "object" &&
    result !== null &&
    typeof (result as Partial<Steps<T>>).next === "function"
  );
}

/** Finishes a blocking call where speed does not matter: `const fd = yield* settle(sys.openat(...))`. */
export function* settle<T>(result: Blocking<T>): Steps<T> {
  return isSteps(result) ? yield* result : result;
}

/**
 * A TypeScript program: what execve(2) starts. Returns the exit status. `argv` and `envp` are byte
 * strings; `envp` has "NAME=value" entries.
 */
export type Program = (sys: Sys, argv: readonly string[], envp: readonly string[]) => Steps<number>;

/** What wait4(2) tells of a child. */
export interface Waited {
  pid: number;
  /** As the W* functions of signal.ts read it. */
  status: number;
  rusage: RUsage;
}

/**
 * The system calls of one task, named as in Linux. All strings are byte strings (one char a byte).
 * Every call throws a frozen `Errno` on failure. Calls typed `Blocking` may have to wait, and any of
 * them may hand the processor to other tasks first.
 *
 * Chunks of bytes pass by reference: neither side changes a chunk after it was read or written.
 *
 * Signals: default actions are the kernel's; a handler function is called synchronously between two
 * steps of the task, after which an interrupted call restarts (SA_RESTART) or throws EINTR. When the
 * task is killed its generator is closed (`return()`): `finally` blocks run but must not wait.
 */
export interface Sys {
  /**
   * What is left of the time slice. A loop that makes no system call counts it down itself:
   * `if (--sys.budget < 0) yield* sys.sched_yield();`
   */
  budget: number;
  /** Gives the processor away and starts a new slice. */
  sched_yield(): Steps<void>;

  // ---- descriptors -------------------------------------------------------------------------------
  /** Opens or creates. Blocks on FIFOs and some devices. */
  openat(dirfd: number, path: string, flags: number, mode?: number): Blocking<number>;
  close(fd: number): void;
  /** Up to `max` bytes; an empty chunk at the end of file. O_NONBLOCK descriptors throw EAGAIN. */
  read(fd: number, max: number): Blocking<Uint8Array>;
  /** Writes some of `bytes` (all of it for regular files; pipes block until all is written). */
  write(fd: number, bytes: Uint8Array): Blocking<number>;
  pread(fd: number, max: number, offset: number): Blocking<Uint8Array>;
  pwrite(fd: number, bytes: Uint8Array, offset: number): Blocking<number>;
  lseek(fd: number, offset: number, whence: number): number;
  dup(fd: number): number;
  /** dup2 is dup3 with equal descriptors allowed: dup3 throws EINVAL for those, as Linux does. */
  dup2(oldfd: number, newfd: number): number;
  dup3(oldfd: number, newfd: number, flags: number): number;
  /** F_DUPFD, F_GETFD, F_SETFL, F_GETPIPE_SZ …: everything but record locks. */
  fcntl(fd: number, cmd: number, arg?: number): number;
  /** F_GETLK, F_SETLK, F_SETLKW and their OFD forms. */
  fcntl_lock(fd: number, cmd: number, lock: Flock): Blocking<Flock>;
  flock(fd: number, operation: number): Blocking<void>;
  /** Requests of termios.ts; `arg` and result are JavaScript values (Termios, WinSize, number). */
  ioctl(fd: number, request: number, arg?: unknown): Blocking<unknown>;
  /** Does TCGETS answer (isatty(3))? Every program asks that first: without an exception for no. */
  isatty(fd: number): boolean;
  pipe2(flags: number): [readFd: number, writeFd: number];
  /** Moves up to `max` bytes from a to b (sendfile, splice, copy_file_range): bytes moved, 0 at end. */
  splice(from: number, to: number, max: number): Blocking<number>;
  /**
   * What tee(2) would show: some of the bytes, at most `max`, that could be read from a pipe at once and
   * that stay in it. undefined for everything but pipes.
   */
  peek(fd: number, max: number): Uint8Array | undefined;
  /** read(2) of `count` bytes that `peek` has just shown: never waits, and nobody comes in between. */
  skip(fd: number, count: number): void;
  /** Fills `revents`; the number of ready rows. `timeoutMs` < 0 waits for ever. */
  poll(fds: PollFd[], timeoutMs: number): Blocking<number>;
  /** ppoll: `mask` replaces the signal mask during the wait. */
  ppoll(fds: PollFd[], timeoutMs: number, mask: SigSet): Blocking<number>;
  epoll_create1(flags: number): number;
  epoll_ctl(epfd: number, op: number, fd: number, event?: EpollEvent): void;
  epoll_wait(epfd: number, max: number, timeoutMs: number): Blocking<EpollEvent[]>;
  eventfd2(initial: number, flags: number): number;
  inotify_init1(flags: number): number;
  inotify_add_watch(fd: number, path: string, mask: number): number;
  inotify_rm_watch(fd: number, wd: number): void;
  memfd_create(name: string, flags: number): number;

  // ---- files by name -----------------------------------------------------------------------------
  /** AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH. */
  fstatat(dirfd: number, path: string, flags: number): Stat;
  /** fstatat for questions: a failure is returned, not thrown. */
  tryStatat(dirfd: number, path: string, flags: number): Stat | Errno;
  fstat(fd: number): Stat;
  statfs(path: string): StatFs;
  fstatfs(fd: number): StatFs;
  /** Next batch of entries ("." and ".." included); empty at the end. */
  getdents(fd: number): Dirent[];
  mkdirat(dirfd: number, path: string, mode: number): void;
  mknodat(dirfd: number, path: string, mode: number, dev: number): void;
  unlinkat(dirfd: number, path: string, flags: number): void;
  symlinkat(target: string, dirfd: number, path: string): void;
  linkat(olddirfd: number, oldpath: string, newdirfd: number, newpath: string, flags: number): void;
  renameat2(
    olddirfd: number,
    oldpath: string,
    newdirfd: number,
    newpath: string,
    flags: number,
  ): void;
  readlinkat(dirfd: number, path: string): string;
  faccessat(dirfd: number, path: string, mode: number, flags: number): void;
  fchmodat(dirfd: number, path: string, mode: number, flags: number): void;
  fchmod(fd: number, mode: number): void;
  /** -1 leaves an id as it is. */
  fchownat(dirfd: number, path: string, uid: number, gid: number, flags: number): void;
  fchown(fd: number, uid: number, gid: number): void;
  /** UTIME_NOW and UTIME_OMIT in `nsec`; an empty path with AT_EMPTY_PATH means `dirfd` itself. */
  utimensat(dirfd: number, path: string, atime: Timespec, mtime: Timespec, flags: number): void;
  truncate(path: string, length: number): void;
  ftruncate(fd: number, length: number): void;
  fallocate(fd: number, mode: number, offset: number, length: number): void;
  fsync(fd: number): Blocking<void>;
  fdatasync(fd: number): Blocking<void>;
  syncfs(fd: number): Blocking<void>;
  sync(): Blocking<void>;
  getxattr(path: string, name: string, follow: boolean): Uint8Array;
  setxattr(path: string, name: string, value: Uint8Array, flags: number, follow: boolean): void;
  listxattr(path: string, follow: boolean): string[];
  removexattr(path: string, name: string, follow: boolean): void;

  // ---- places ------------------------------------------------------------------------------------
  getcwd(): string;
  chdir(path: string): void;
  fchdir(fd: number): void;
  chroot(path: string): void;
  umask(mask: number): number;
  mount(source: string, target: string, fstype: string, flags: number, data: string): void;
  umount2(target: string, flags: number): void;
  pivot_root(newRoot: string, putOld: string): void;
  /** SWAP_FLAG_*; the area is counted, nothing is ever swapped. */
  swapon(path: string, flags: number): void;
  swapoff(path: string): void;
  unshare(flags: number): void;

  // ---- tasks -------------------------------------------------------------------------------------
  /**
   * A child that runs `main` with a Sys of its own: descriptors, directories, credentials, masks and
   * dispositions copied as by fork(2). `main` closes over whatever program state it needs: state it
   * would change it must copy. Function handlers stay installed in the child until it changes them
   * or execs. Returns the child's pid.
   */
  fork(main: (sys: Sys) => Steps<number>): number;
  /** Replaces the program; never returns. */
  execve(path: string, argv: readonly string[], envp: readonly string[]): Blocking<never>;
  /** execve for searches along PATH: that the path leads nowhere is returned, not thrown. */
  tryExecve(
    path: string,
    argv: readonly string[],
    envp: readonly string[],
  ): Blocking<never> | Errno;
  /** execve of an open descriptor (execveat with AT_EMPTY_PATH). */
  fexecve(fd: number, argv: readonly string[], envp: readonly string[]): Blocking<never>;
  /** Ends the task by throwing through the program; `main` returning does the same. */
  exit(status: number): never;
  /** undefined when WNOHANG and nothing to tell; throws ECHILD. */
  wait4(pid: number, options: number): Blocking<Waited | undefined>;
  getpid(): number;
  getppid(): number;
  gettid(): number;
  getpgid(pid: number): number;
  setpgid(pid: number, pgid: number): void;
  getsid(pid: number): number;
  setsid(): number;
  getpriority(which: number, who: number): number;
  setpriority(which: number, who: number, nice: number): void;
  /** IOPRIO_WHO_* and class << 13 | level, kept and told. */
  ioprio_get(which: number, who: number): number;
  ioprio_set(which: number, who: number, ioprio: number): void;
  /** Sets what the process takes the system for, 0xffffffff leaves it; the old value. */
  personality(persona: number): number;
  sched_getaffinity(pid: number): number[];
  getrusage(who: number): RUsage;
  times(): Tms;
  /** Reads and, when `limit` is given, sets a limit of a process (0 = self). */
  prlimit(pid: number, resource: number, limit?: RLimit): RLimit;
  /** PR_SET_NAME for `comm`. */
  prctl_set_name(name: string): void;
  /** PR_SET_NO_NEW_PRIVS: programs with set-id bits give nothing from now on. */
  prctl_no_new_privs(): void;
  /**
   * capset, PR_CAP_AMBIENT, PR_CAPBSET_DROP and SECBIT_KEEP_CAPS in one: the ambient capabilities
   * stay when root becomes another user; those dropped are gone for good.
   */
  capset(
    inheritable: readonly number[],
    ambient: readonly number[],
    dropped: readonly number[],
  ): void;

  // ---- signals -----------------------------------------------------------------------------------
  kill(pid: number, signo: number): void;
  tgkill(tgid: number, tid: number, signo: number): void;
  /** Reads and, when `action` is given, sets a disposition. */
  rt_sigaction(signo: number, action?: SigAction): SigAction;
  rt_sigprocmask(how: number, set?: SigSet): SigSet;
  rt_sigpending(): SigSet;
  /** Always ends with EINTR. */
  rt_sigsuspend(mask: SigSet): Blocking<void>;
  /** Takes a pending signal of `set`; throws EAGAIN at the timeout (negative: none). */
  rt_sigtimedwait(set: SigSet, timeoutMs: number): Blocking<SigInfo>;
  setitimer(which: number, timer: ITimer): ITimer;
  getitimer(which: number): ITimer;

  // ---- credentials -------------------------------------------------------------------------------
  getresuid(): [ruid: number, euid: number, suid: number];
  getresgid(): [rgid: number, egid: number, sgid: number];
  getuid(): number;
  geteuid(): number;
  getgid(): number;
  getegid(): number;
  setuid(uid: number): void;
  setgid(gid: number): void;
  setresuid(ruid: number, euid: number, suid: number): void;
  setresgid(rgid: number, egid: number, sgid: number): void;
  getgroups(): number[];
  setgroups(groups: readonly number[]): void;

  // ---- time --------------------------------------------------------------------------------------
  clock_gettime(clock: number): Timespec;
  clock_settime(clock: number, time: Timespec): void;
  /** Milliseconds, fractions allowed. Throws EINTR when a handler ran. */
  nanosleep(ms: number): Blocking<void>;

  // ---- the machine -------------------------------------------------------------------------------
  uname(): UtsName;
  sethostname(name: string): void;
  setdomainname(name: string): void;
  sysinfo(): SysInfo;
  /** syslog(2): `type` 2 read (blocks), 3 read all, 4 read all and clear, 5 clear, 8 console level, 10 size. */
  syslog(type: number, size: number): Blocking<string>;
  reboot(cmd: number): Blocking<void>;
  getrandom(length: number): Uint8Array;

  // ---- sockets -----------------------------------------------------------------------------------
  socket(domain: number, type: number, protocol: number): number;
  socketpair(domain: number, type: number, protocol: number): [number, number];
  bind(fd: number, addr: SockAddr): void;
  listen(fd: number, backlog: number): void;
  accept4(fd: number, flags: number): Blocking<[fd: number, from: SockAddr]>;
  connect(fd: number, addr: SockAddr): Blocking<void>;
  sendmsg(fd: number, bytes: Uint8Array, options?: SendOptions): Blocking<number>;
  recvmsg(fd: number, max: number, flags: number): Blocking<Received>;
  shutdown(fd: number, how: number): void;
  getsockname(fd: number): SockAddr;
  getpeername(fd: number): SockAddr;
  /**
   * Values are numbers but for SO_PEERCRED (UCred), SO_LINGER ([on, seconds]), SO_BINDTODEVICE and
   * TCP_ULP (strings) and those of SOL_TLS.
   */
  getsockopt(fd: number, level: number, name: number): unknown;
  /** Only TLS_HANDSHAKE has to wait. */
  setsockopt(fd: number, level: number, name: number, value: unknown): Blocking<void>;
}

// The system-call door of TypeScript programs: one thin method a call, with time slices.
import { ENOENT, type Errno } from "../abi/errno.ts";
import type { Flock } from "../abi/fcntl.ts";
import type { EpollEvent, PollFd } from "../abi/poll.ts";
import { type Blocking, isSteps, type Steps, type Sys, type Waited } from "../abi/program.ts";
import type { ITimer, RLimit, RUsage, SysInfo, Tms, UtsName } from "../abi/resource.ts";
import type { SigAction, SigInfo, SigSet } from "../abi/signal.ts";
import type { Received, SendOptions, SockAddr } from "../abi/socket.ts";
import type { Dirent, Stat, StatFs, Timespec } from "../abi/stat.ts";
import * as swap from "./block/swap.ts";
import { execve, fexecve, tryExecve } from "./exec.ts";
import { exitGroup } from "./exit-group.ts";
import { fork } from "./fork.ts";
import * as epoll from "./fs/epoll.ts";
import { eventfd2 } from "./fs/eventfd.ts";
import * as inotify from "./fs/inotify.ts";
import { memfd_create } from "./fs/memfd.ts";
import { poll, withMask } from "./fs/poll.ts";
import * as socket from "./net/socket.ts";
import { SLICE_BUDGET, SLICE_MS } from "./scheduler.ts";
import { kill, tgkill } from "./signal.ts";
import * as attr from "./syscalls/attr.ts";
import * as cred from "./syscalls/cred.ts";
import * as dir from "./syscalls/dir.ts";
import * as fcntl from "./syscalls/fcntl.ts";
import { getdents } from "./syscalls/getdents.ts";
import * as link from "./syscalls/link.ts";
import * as lock from "./syscalls/lock.ts";
import * as machine from "./syscalls/machine.ts";
import * as mount from "./syscalls/mount.ts";
import * as open from "./syscalls/open.ts";
import { pipe2 } from "./syscalls/pipe.ts";
import * as process from "./syscalls/process.ts";
import * as rw from "./syscalls/rw.ts";
import * as signal from "./syscalls/signal.ts";
import * as stat from "./syscalls/stat.ts";
import * as statfs from "./syscalls/statfs.ts";
import * as sync from "./syscalls/sync.ts";
import { wait4 } from "./syscalls/wait.ts";
import * as xattr from "./syscalls/xattr.ts";
import type { Task } from "./task.ts";
import * as time from "./time.ts";
import { UNWIND } from "./unwind.ts";
import { PREEMPT } from "./wait.ts";

/** How often a call looks at the clock: each sixteenth time. */
const LOOK = 15;

/** Sys over one task: see abi/program.ts for the contract of each call. */
export class TaskSys implements Sys {
  budget: number = SLICE_BUDGET;
  readonly #task: Task;

  /** As Kernel.door wants it. */
  static door(this: void, task: Task): Sys {
    return new TaskSys(task);
  }

  /** The task behind a door, for programs of the host that wait for the host. */
  static taskOf(sys: Sys): Task {
    if (!(sys instanceof TaskSys)) throw new TypeError("not a door of this kernel");
    return sys.#task;
  }

  constructor(task: Task) {
    this.#task = task;
  }

  /**
   * Counts a call: true when the slice is over. That is so after a number of calls, and after some time
   * too, for calls that have to ask the host are slow. What cannot give way leaves no budget behind.
   */
  #spent(): boolean {
    const left = --this.budget;
    if ((left & LOOK) !== 0) return left < 0;
    if (left >= 0) {
      const { scheduler, host } = this.#task.kernel;
      if (host.monotonic() - scheduler.resumedMs < SLICE_MS) return false;
      this.budget = -1;
    }
    return true;
  }

  *sched_yield(): Steps<void> {
    yield PREEMPT;
    this.budget = SLICE_BUDGET;
  }

  /** The slice is over: others first, then the call. */
  *#later<T>(call: () => Blocking<T>): Steps<T> {
    yield PREEMPT;
    this.budget = SLICE_BUDGET;
    const result = call();
    return isSteps(result) ? yield* result : result;
  }

  openat(dirfd: number, path: string, flags: number, mode = 0): Blocking<number> {
    if (this.#spent()) return this.#later(() => open.openat(this.#task, dirfd, path, flags, mode));
    return open.openat(this.#task, dirfd, path, flags, mode);
  }
  close(fd: number): void {
    this.#task.fds.close(this.#task, fd);
  }
  read(fd: number, max: number): Blocking<Uint8Array> {
    if (this.#spent()) return this.#later(() => rw.read(this.#task, fd, max));
    return rw.read(this.#task, fd, max);
  }
  write(fd: number, bytes: Uint8Array): Blocking<number> {
    if (this.#spent()) return this.#later(() => rw.write(this.#task, fd, bytes));
    return rw.write(this.#task, fd, bytes);
  }
  pread(fd: number, max: number, offset: number): Blocking<Uint8Array> {
    if (this.#spent()) return this.#later(() => rw.pread(this.#task, fd, max, offset));
    return rw.pread(this.#task, fd, max, offset);
  }
  pwrite(fd: number, bytes: Uint8Array, offset: number): Blocking<number> {
    if (this.#spent()) return this.#later(() => rw.pwrite(this.#task, fd, bytes, offset));
    return rw.pwrite(this.#task, fd, bytes, offset);
  }
  lseek(fd: number, offset: number, whence: number): number {
    return rw.lseek(this.#task, fd, offset, whence);
  }
  dup(fd: number): number {
    return fcntl.dup(this.#task, fd);
  }
  dup2(oldfd: number, newfd: number): number {
    return fcntl.dup2(this.#task, oldfd, newfd);
  }
  dup3(oldfd: number, newfd: number, flags: number): number {
    return fcntl.dup3(this.#task, oldfd, newfd, flags);
  }
  fcntl(fd: number, cmd: number, arg = 0): number {
    return fcntl.fcntl(this.#task, fd, cmd, arg);
  }
  fcntl_lock(fd: number, cmd: number, flock: Flock): Blocking<Flock> {
    return lock.fcntl_lock(this.#task, fd, cmd, flock);
  }
  flock(fd: number, operation: number): Blocking<void> {
    return lock.flock(this.#task, fd, operation);
  }
  ioctl(fd: number, request: number, arg?: unknown): Blocking<unknown> {
    return rw.ioctl(this.#task, fd, request, arg);
  }
  isatty(fd: number): boolean {
    return rw.isatty(this.#task, fd);
  }
  pipe2(flags: number): [readFd: number, writeFd: number] {
    return pipe2(this.#task, flags);
  }
  splice(from: number, to: number, max: number): Blocking<number> {
    if (this.#spent()) return this.#later(() => rw.splice(this.#task, from, to, max));
    return rw.splice(this.#task, from, to, max);
  }
  peek(fd: number, max: number): Uint8Array | undefined {
    this.#spent();
    return rw.peek(this.#task, fd, max);
  }
  skip(fd: number, count: number): void {
    rw.skip(this.#task, fd, count);
  }
  poll(fds: PollFd[], timeoutMs: number): Blocking<number> {
    if (this.#spent()) return this.#later(() => poll(this.#task, fds, timeoutMs));
    return poll(this.#task, fds, timeoutMs);
  }
  ppoll(fds: PollFd[], timeoutMs: number, mask: SigSet): Blocking<number> {
    return withMask(this.#task, mask, () => poll(this.#task, fds, timeoutMs));
  }
  epoll_create1(flags: number): number {
    return epoll.epoll_create1(this.#task, flags);
  }
  epoll_ctl(epfd: number, op: number, fd: number, event?: EpollEvent): void {
    epoll.epoll_ctl(this.#task, epfd, op, fd, event);
  }
  epoll_wait(epfd: number, max: number, timeoutMs: number): Blocking<EpollEvent[]> {
    if (this.#spent()) {
      return this.#later(() => epoll.epoll_wait(this.#task, epfd, max, timeoutMs));
    }
    return epoll.epoll_wait(this.#task, epfd, max, timeoutMs);
  }
  eventfd2(initial: number, flags: number): number {
    return eventfd2(this.#task, initial, flags);
  }
  inotify_init1(flags: number): number {
    return inotify.inotify_init1(this.#task, flags);
  }
  inotify_add_watch(fd: number, path: string, mask: number): number {
    return inotify.inotify_add_watch(this.#task, fd, path, mask);
  }
  inotify_rm_watch(fd: number, wd: number): void {
    inotify.inotify_rm_watch(this.#task, fd, wd);
  }
  memfd_create(name: string, flags: number): number {
    return memfd_create(this.#task, name, flags);
  }

  fstatat(dirfd: number, path: string, flags: number): Stat {
    this.#spent();
    return stat.fstatat(this.#task, dirfd, path, flags);
  }
  tryStatat(dirfd: number, path: string, flags: number): Stat | Errno {
    this.#spent();
    return stat.tryStatat(this.#task, dirfd, path, flags);
  }
  fstat(fd: number): Stat {
    return stat.fstat(this.#task, fd);
  }
  statfs(path: string): StatFs {
    return statfs.statfs(this.#task, path);
  }
  fstatfs(fd: number): StatFs {
    return statfs.fstatfs(this.#task, fd);
  }
  getdents(fd: number): Dirent[] {
    this.#spent();
    return getdents(this.#task, fd);
  }
  mkdirat(dirfd: number, path: string, mode: number): void {
    this.#spent();
    link.mkdirat(this.#task, dirfd, path, mode);
  }
  mknodat(dirfd: number, path: string, mode: number, dev: number): void {
    link.mknodat(this.#task, dirfd, path, mode, dev);
  }
  unlinkat(dirfd: number, path: string, flags: number): void {
    this.#spent();
    link.unlinkat(this.#task, dirfd, path, flags);
  }
  symlinkat(target: string, dirfd: number, path: string): void {
    this.#spent();
    link.symlinkat(this.#task, target, dirfd, path);
  }
  linkat(oldfd: number, oldpath: string, newfd: number, newpath: string, flags: number): void {
    this.#spent();
    link.linkat(this.#task, oldfd, oldpath, newfd, newpath, flags);
  }
  renameat2(oldfd: number, oldpath: string, newfd: number, newpath: string, flags: number): void {
    this.#spent();
    link.renameat2(this.#task, oldfd, oldpath, newfd, newpath, flags);
  }
  readlinkat(dirfd: number, path: string): string {
    this.#spent();
    return stat.readlinkat(this.#task, dirfd, path);
  }
  faccessat(dirfd: number, path: string, mode: number, flags: number): void {
    this.#spent();
    attr.faccessat(this.#task, dirfd, path, mode, flags);
  }
  fchmodat(dirfd: number, path: string, mode: number, flags: number): void {
    this.#spent();
    attr.fchmodat(this.#task, dirfd, path, mode, flags);
  }
  fchmod(fd: number, mode: number): void {
    attr.fchmod(this.#task, fd, mode);
  }
  fchownat(dirfd: number, path: string, uid: number, gid: number, flags: number): void {
    this.#spent();
    attr.fchownat(this.#task, dirfd, path, uid, gid, flags);
  }
  fchown(fd: number, uid: number, gid: number): void {
    attr.fchown(this.#task, fd, uid, gid);
  }
  utimensat(dirfd: number, path: string, atime: Timespec, mtime: Timespec, flags: number): void {
    this.#spent();
    attr.utimensat(this.#task, dirfd, path, atime, mtime, flags);
  }
  truncate(path: string, length: number): void {
    attr.truncate(this.#task, path, length);
  }
  ftruncate(fd: number, length: number): void {
    this.#spent();
    attr.ftruncate(this.#task, fd, length);
  }
  fallocate(fd: number, mode: number, offset: number, length: number): void {
    attr.fallocate(this.#task, fd, mode, offset, length);
  }
  fsync(fd: number): Blocking<void> {
    return sync.fsync(this.#task, fd);
  }
  fdatasync(fd: number): Blocking<void> {
    return sync.fdatasync(this.#task, fd);
  }
  syncfs(fd: number): Blocking<void> {
    return sync.syncfs(this.#task, fd);
  }
  sync(): Blocking<void> {
    return sync.sync(this.#task);
  }
  getxattr(path: string, name: string, follow: boolean): Uint8Array {
    return xattr.getxattr(this.#task, path, name, follow);
  }
  setxattr(path: string, name: string, value: Uint8Array, flags: number, follow: boolean): void {
    xattr.setxattr(this.#task, path, name, value, flags, follow);
  }
  listxattr(path: string, follow: boolean): string[] {
    return xattr.listxattr(this.#task, path, follow);
  }
  removexattr(path: string, name: string, follow: boolean): void {
    xattr.removexattr(this.#task, path, name, follow);
  }

  getcwd(): string {
    const name = dir.getcwd(this.#task);
    // What the C library makes of "(unreachable)".
    if (!name.startsWith("/")) throw ENOENT;
    return name;
  }
  chdir(path: string): void {
    dir.chdir(this.#task, path);
  }
  fchdir(fd: number): void {
    dir.fchdir(this.#task, fd);
  }
  chroot(path: string): void {
    dir.chroot(this.#task, path);
  }
  umask(mask: number): number {
    const old = this.#task.fs.umask;
    this.#task.fs.umask = mask & 0o777;
    return old;
  }
  mount(source: string, target: string, fstype: string, flags: number, data: string): void {
    mount.mount(this.#task, source, target, fstype, flags, data);
  }
  umount2(target: string, flags: number): void {
    mount.umount2(this.#task, target, flags);
  }
  pivot_root(newRoot: string, putOld: string): void {
    mount.pivot_root(this.#task, newRoot, putOld);
  }
  swapon(path: string, flags: number): void {
    swap.swapon(this.#task, path, flags);
  }
  swapoff(path: string): void {
    swap.swapoff(this.#task, path);
  }
  unshare(flags: number): void {
    mount.unshare(this.#task, flags);
  }

  fork(main: (sys: Sys) => Steps<number>): number {
    this.#spent();
    return fork(this.#task, main).pid;
  }
  execve(path: string, argv: readonly string[], envp: readonly string[]): Blocking<never> {
    return execve(this.#task, path, argv, envp);
  }
  tryExecve(
    path: string,
    argv: readonly string[],
    envp: readonly string[],
  ): Blocking<never> | Errno {
    return tryExecve(this.#task, path, argv, envp);
  }
  fexecve(fd: number, argv: readonly string[], envp: readonly string[]): Blocking<never> {
    return fexecve(this.#task, fd, argv, envp);
  }
  exit(status: number): never {
    exitGroup(this.#task, (status & 0xff) << 8);
    throw UNWIND;
  }
  wait4(pid: number, options: number): Blocking<Waited | undefined> {
    if (this.#spent()) return this.#later(() => wait4(this.#task, pid, options));
    return wait4(this.#task, pid, options);
  }
  getpid(): number {
    return this.#task.pid;
  }
  getppid(): number {
    return this.#task.group.parent?.pid ?? 0;
  }
  gettid(): number {
    return this.#task.tid;
  }
  getpgid(pid: number): number {
    return process.getpgid(this.#task, pid);
  }
  setpgid(pid: number, pgid: number): void {
    process.setpgid(this.#task, pid, pgid);
  }
  getsid(pid: number): number {
    return process.getsid(this.#task, pid);
  }
  setsid(): number {
    return process.setsid(this.#task);
  }
  getpriority(which: number, who: number): number {
    return process.getpriority(this.#task, which, who);
  }
  setpriority(which: number, who: number, nice: number): void {
    process.setpriority(this.#task, which, who, nice);
  }
  ioprio_get(which: number, who: number): number {
    return process.ioprio_get(this.#task, which, who);
  }
  ioprio_set(which: number, who: number, ioprio: number): void {
    process.ioprio_set(this.#task, which, who, ioprio);
  }
  personality(persona: number): number {
    return machine.personality(this.#task, persona);
  }
  sched_getaffinity(pid: number): number[] {
    process.getpgid(this.#task, pid);
    return [0];
  }
  getrusage(who: number): RUsage {
    return time.getrusage(this.#task, who);
  }
  times(): Tms {
    return time.times(this.#task);
  }
  prlimit(pid: number, resource: number, limit?: RLimit): RLimit {
    return process.prlimit(this.#task, pid, resource, limit);
  }
  prctl_set_name(name: string): void {
    this.#task.comm = name.slice(0, 15);
  }
  prctl_no_new_privs(): void {
    cred.setNoNewPrivs(this.#task);
  }
  capset(
    inheritable: readonly number[],
    ambient: readonly number[],
    dropped: readonly number[],
  ): void {
    cred.capset(this.#task, { inheritable, ambient, dropped });
  }

  kill(pid: number, signo: number): void {
    this.#spent();
    kill(this.#task, pid, signo);
  }
  tgkill(tgid: number, tid: number, signo: number): void {
    tgkill(this.#task, tgid, tid, signo);
  }
  rt_sigaction(signo: number, action?: SigAction): SigAction {
    return signal.rt_sigaction(this.#task, signo, action);
  }
  rt_sigprocmask(how: number, set?: SigSet): SigSet {
    return signal.rt_sigprocmask(this.#task, how, set);
  }
  rt_sigpending(): SigSet {
    return signal.rt_sigpending(this.#task);
  }
  rt_sigsuspend(mask: SigSet): Blocking<void> {
    return signal.rt_sigsuspend(this.#task, mask);
  }
  rt_sigtimedwait(set: SigSet, timeoutMs: number): Blocking<SigInfo> {
    return signal.rt_sigtimedwait(this.#task, set, timeoutMs);
  }
  setitimer(which: number, timer: ITimer): ITimer {
    return time.setitimer(this.#task, which, timer);
  }
  getitimer(which: number): ITimer {
    return time.getitimer(this.#task, which);
  }

  getresuid(): [ruid: number, euid: number, suid: number] {
    const { ruid, euid, suid } = this.#task.cred;
    return [ruid, euid, suid];
  }
  getresgid(): [rgid: number, egid: number, sgid: number] {
    const { rgid, egid, sgid } = this.#task.cred;
    return [rgid, egid, sgid];
  }
  getuid(): number {
    return this.#task.cred.ruid;
  }
  geteuid(): number {
    return this.#task.cred.euid;
  }
  getgid(): number {
    return this.#task.cred.rgid;
  }
  getegid(): number {
    return this.#task.cred.egid;
  }
  setuid(uid: number): void {
    cred.setuid(this.#task, uid);
  }
  setgid(gid: number): void {
    cred.setgid(this.#task, gid);
  }
  setresuid(ruid: number, euid: number, suid: number): void {
    cred.setresuid(this.#task, ruid, euid, suid);
  }
  setresgid(rgid: number, egid: number, sgid: number): void {
    cred.setresgid(this.#task, rgid, egid, sgid);
  }
  getgroups(): number[] {
    return [...this.#task.cred.groups];
  }
  setgroups(groups: readonly number[]): void {
    cred.setgroups(this.#task, groups);
  }

  clock_gettime(clock: number): Timespec {
    return time.clock_gettime(this.#task, clock);
  }
  clock_settime(clock: number, value: Timespec): void {
    time.clock_settime(this.#task, clock, value);
  }
  nanosleep(ms: number): Blocking<void> {
    return time.nanosleep(this.#task, ms);
  }

  uname(): UtsName {
    return machine.uname(this.#task);
  }
  sethostname(name: string): void {
    machine.sethostname(this.#task, name);
  }
  setdomainname(name: string): void {
    machine.setdomainname(this.#task, name);
  }
  sysinfo(): SysInfo {
    return machine.sysinfo(this.#task);
  }
  syslog(type: number, size: number): Blocking<string> {
    return machine.syslog(this.#task, type, size);
  }
  reboot(cmd: number): Blocking<void> {
    return machine.reboot(this.#task, cmd);
  }
  getrandom(length: number): Uint8Array {
    return machine.getrandom(this.#task, length);
  }

  socket(domain: number, type: number, protocol: number): number {
    return socket.socket(this.#task, domain, type, protocol);
  }
  socketpair(domain: number, type: number, protocol: number): [number, number] {
    return socket.socketpair(this.#task, domain, type, protocol);
  }
  bind(fd: number, addr: SockAddr): void {
    socket.bind(this.#task, fd, addr);
  }
  listen(fd: number, backlog: number): void {
    socket.listen(this.#task, fd, backlog);
  }
  accept4(fd: number, flags: number): Blocking<[fd: number, from: SockAddr]> {
    return socket.accept4(this.#task, fd, flags);
  }
  connect(fd: number, addr: SockAddr): Blocking<void> {
    return socket.connect(this.#task, fd, addr);
  }
  sendmsg(fd: number, bytes: Uint8Array, options?: SendOptions): Blocking<number> {
    if (this.#spent()) return this.#later(() => socket.sendmsg(this.#task, fd, bytes, options));
    return socket.sendmsg(this.#task, fd, bytes, options);
  }
  recvmsg(fd: number, max: number, flags: number): Blocking<Received> {
    if (this.#spent()) return this.#later(() => socket.recvmsg(this.#task, fd, max, flags));
    return socket.recvmsg(this.#task, fd, max, flags);
  }
  shutdown(fd: number, how: number): void {
    socket.shutdown(this.#task, fd, how);
  }
  getsockname(fd: number): SockAddr {
    return socket.getsockname(this.#task, fd);
  }
  getpeername(fd: number): SockAddr {
    return socket.getpeername(this.#task, fd);
  }
  getsockopt(fd: number, level: number, name: number): unknown {
    return socket.getsockopt(this.#task, fd, level, name);
  }
  setsockopt(fd: number, level: number, name: number, value: unknown): Blocking<void> {
    return socket.setsockopt(this.#task, fd, level, name, value);
  }
}

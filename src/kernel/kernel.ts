// The kernel of one machine: owns every table; nothing here is shared between machines.
import type { Program, Sys } from "../abi/program.ts";
import type { Timespec } from "../abi/stat.ts";
import type { DeviceTable } from "./device.ts";
import type { FileSystemType } from "./fs/filesystems.ts";
import type { MountNamespace } from "./fs/mount.ts";
import type { Host, Limits } from "./host.ts";
import { IdTable } from "./idtable.ts";
import type { KernelLog } from "./log.ts";
import { Scheduler } from "./scheduler.ts";
import type { ProcessGroup, Session, Task, ThreadGroup } from "./task.ts";

/** Names that uname(2) tells. */
export interface Uts {
  nodename: string;
  domainname: string;
}

/** What a machine's memory limit counts: file pages, pipe buffers, sockets. */
export class Memory {
  readonly limit: number;
  used = 0;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** False, and nothing charged, when the limit would be passed. */
  charge(bytes: number): boolean {
    if (this.used + bytes > this.limit) return false;
    this.used += bytes;
    return true;
  }

  uncharge(bytes: number): void {
    this.used -= bytes;
  }
}

/** Everything a machine's tasks share. */
export class Kernel {
  readonly host: Host;
  readonly limits: Limits;
  readonly memory: Memory;
  readonly scheduler: Scheduler;
  /** TypeScript programs by name: what a `#!bivy NAME` file starts. */
  readonly programs: ReadonlyMap<string, Program>;
  readonly tasks: IdTable<Task> = new IdTable<Task>();
  /** Processes, zombies included, by pid. */
  readonly groups: IdTable<ThreadGroup> = new IdTable<ThreadGroup>();
  readonly pgrps: IdTable<ProcessGroup> = new IdTable<ProcessGroup>();
  readonly sessions: IdTable<Session> = new IdTable<Session>();
  readonly fileSystems: Map<string, FileSystemType> = new Map<string, FileSystemType>();
  readonly devices: DeviceTable;
  readonly log: KernelLog;
  readonly uts: Uts = { nodename: "localhost", domainname: "(none)" };
  /** The first mount namespace. */
  ns!: MountNamespace;
  /** Pid 1; its exit ends the machine. */
  init: ThreadGroup | undefined;
  readonly bootMs: number;
  /** Makes the system-call interface of a new program (sys.ts); set by whoever boots. */
  door: (task: Task) => Sys = () => {
    throw new Error("bug: a kernel without a door");
  };
  /** clock_settime: what is added to the host's wall clock. */
  clockOffsetMs = 0;
  forks = 0;
  /** Open descriptions there are. */
  openFiles = 0;
  /** inotify watches there are: file operations tell nobody while it is 0. */
  watches = 0;
  /** /proc/sys/kernel/pid_max: one above the largest process id; the default is that of 64-bit Linux. */
  pidMax = 4194304;
  #lastPid = 0;
  #lastDev = 0;
  #lastMountId = 0;
  /** Free slot for parts that need one object per machine (inotify's ids, pty numbers …), by module. */
  readonly slots: Map<string, unknown> = new Map<string, unknown>();
  /** Called when pid 1 has exited or reboot(2) was called, with the reason. */
  onHalt: (how: "exit" | "restart" | "halt" | "poweroff", status: number) => void = () => {};

  constructor(
    host: Host,
    limits: Limits,
    programs: ReadonlyMap<string, Program>,
    devices: DeviceTable,
    log: KernelLog,
  ) {
    this.host = host;
    this.limits = limits;
    this.memory = new Memory(limits.memoryBytes);
    this.programs = programs;
    this.devices = devices;
    this.log = log;
    this.bootMs = host.monotonic();
    this.scheduler = new Scheduler(this);
  }

  /** Milliseconds since an arbitrary start, with fractions (CLOCK_MONOTONIC). */
  monotonic(): number {
    return this.host.monotonic();
  }

  /** Wall clock in milliseconds (CLOCK_REALTIME). */
  now(): number {
    return this.host.now() + this.clockOffsetMs;
  }

  /** Wall clock as file times have it. */
  currentTime(): Timespec {
    const ms = this.now();
    const sec = Math.floor(ms / 1000);
    return { sec, nsec: Math.floor((ms - sec * 1000) * 1e6) };
  }

  /** Next free process id; wraps at pidMax. */
  allocatePid(): number {
    do {
      this.#lastPid = this.#lastPid >= this.pidMax - 1 ? 300 : this.#lastPid + 1;
    } while (
      this.groups.has(this.#lastPid) ||
      this.tasks.has(this.#lastPid) ||
      this.pgrps.has(this.#lastPid) ||
      this.sessions.has(this.#lastPid)
    );
    return this.#lastPid;
  }

  get lastPid(): number {
    return this.#lastPid;
  }

  /** Device number for a file system without a device (major 0). */
  anonymousDev(): number {
    const minor = ++this.#lastDev;
    return (minor & 0xff) | ((minor & ~0xff) << 12);
  }

  nextMountId(): number {
    return ++this.#lastMountId;
  }

  /** The per-machine object of a kernel part, made at first use. */
  slot<T>(name: string, make: () => T): T {
    let value = this.slots.get(name);
    if (value === undefined) {
      value = make();
      this.slots.set(name, value);
    }
    return value as T;
  }
}

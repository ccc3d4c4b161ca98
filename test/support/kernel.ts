// A bare kernel for tests of the kernel: a tmpfs root, a fake host, programs given as functions.
import type { Program } from "../../src/abi/program.ts";
import { DeviceTable } from "../../src/kernel/device.ts";
import { startTask } from "../../src/kernel/fork.ts";
import { Dentry } from "../../src/kernel/fs/dentry.ts";
import { Mount, MountNamespace } from "../../src/kernel/fs/mount.ts";
import { proc } from "../../src/kernel/fs/proc/proc.ts";
import { Tmpfs, tmpfs } from "../../src/kernel/fs/tmpfs/tmpfs.ts";
import { DEFAULT_LIMITS, type Host, type Limits } from "../../src/kernel/host.ts";
import { Kernel } from "../../src/kernel/kernel.ts";
import { KernelLog } from "../../src/kernel/log.ts";
import { TaskSys } from "../../src/kernel/sys.ts";
import type { Task } from "../../src/kernel/task.ts";

/** A host whose clock stands still until a sleep lets it jump; nothing runs by itself. */
export class FakeHost implements Host {
  time = 1_000;
  readonly reports: string[] = [];

  now(): number {
    return 1_700_000_000_000 + this.time;
  }
  monotonic(): number {
    return this.time;
  }
  random(length: number): Uint8Array {
    return new Uint8Array(length).map((_, i) => (i * 37 + 11) & 0xff);
  }
  soon(): void {}
  after(): () => void {
    return () => {};
  }
  sleepUntil(deadlineMs: number): boolean {
    this.time = Math.max(this.time, deadlineMs);
    return true;
  }
  report(message: string): void {
    this.reports.push(message);
  }
}

export interface TestKernel {
  kernel: Kernel;
  host: FakeHost;
  ns: MountNamespace;
  start(program: Program, argv?: string[], envp?: string[]): Task;
  /** Runs until nothing can go on; the wait4 status of the task, undefined when it has not ended. */
  finish(task: Task): number | undefined;
  /** Starts `program` and runs it to its end; its wait4 status. */
  run(program: Program, argv?: string[]): number | undefined;
}

/** Boots one with a tmpfs as root. */
export function testKernel(
  limits: Partial<Limits> = {},
  programs: ReadonlyMap<string, Program> = new Map(),
): TestKernel {
  const host = new FakeHost();
  const devices = new DeviceTable();
  const kernel = new Kernel(
    host,
    { ...DEFAULT_LIMITS, ...limits },
    programs,
    devices,
    new KernelLog(),
  );
  kernel.door = TaskSys.door;
  kernel.fileSystems.set("tmpfs", tmpfs);
  kernel.fileSystems.set("proc", proc);
  const sb = new Tmpfs(kernel, "mode=755");
  const ns = new MountNamespace();
  kernel.ns = ns;
  const root = new Dentry(undefined, "", sb.root);
  ns.add(new Mount(kernel.nextMountId(), sb, root, undefined, 0, "tmpfs"));
  const start = (program: Program, argv: string[] = ["test"], envp: string[] = []): Task => {
    const task = startTask(kernel, { program, argv, envp, ns, comm: "test" });
    kernel.init ??= task.group;
    return task;
  };
  const finish = (task: Task): number | undefined => {
    kernel.scheduler.runUntil(
      () => task.group.exitStatus !== undefined,
      (until) => host.sleepUntil(until),
    );
    return task.group.exitStatus;
  };
  return { kernel, host, ns, start, finish, run: (program, argv) => finish(start(program, argv)) };
}

// /proc/PID and /proc/PID/task/TID: one directory for each process and thread (proc(5)).
import { EACCES, EINVAL, EPERM, ESRCH } from "../../../abi/errno.ts";
import type { Task, ThreadGroup } from "../../task.ts";
import {
  type Contents,
  FixedDirectory,
  GeneratedDirectory,
  GeneratedFile,
  GeneratedLink,
  type GeneratedSuperBlock,
  type Make,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import type { MountNamespace } from "../mount.ts";
import { FdDirectory, FdinfoDirectory, MagicLink, mayInspect, someTask } from "./fd.ts";
import { mapsText, smapsText } from "./memory.ts";
import { mountinfoText, mountsText, mountstatsText } from "./mounts.ts";
import { netDirectory } from "./net.ts";
import { ioText, limitsText, statmText, statText, statusText } from "./status.ts";

/** Longest name of a task. */
const COMM_MAX = 15;

/** Adjustable values that the kernel keeps for a process and does not act on. */
interface Adjustments {
  oomScoreAdj: number;
  loginuid: number;
}

function adjustments(group: ThreadGroup): Adjustments {
  const table = group.kernel.slot(
    "proc.adjustments",
    () => new WeakMap<ThreadGroup, Adjustments>(),
  );
  let entry = table.get(group);
  if (entry === undefined) {
    const inherited = group.parent === undefined ? undefined : table.get(group.parent);
    entry = {
      oomScoreAdj: inherited?.oomScoreAdj ?? 0,
      loginuid: inherited?.loginuid ?? 4294967295,
    };
    table.set(group, entry);
  }
  return entry;
}

function integer(text: string, least: number, most: number): number {
  if (!/^\s*[-+]?\d{1,10}\s*$/.test(text)) throw EINVAL;
  const value = Number(text);
  if (value < least || value > most) throw EINVAL;
  return value;
}

/** Numbers of namespaces: fixed for those a machine has one of, counted for mount namespaces. */
const NAMESPACES: readonly (readonly [name: string, kind: string, ino: number])[] = [
  ["cgroup", "cgroup", 4026531835],
  ["ipc", "ipc", 4026531839],
  ["mnt", "mnt", 0],
  ["net", "net", 4026531840],
  ["pid", "pid", 4026531836],
  ["pid_for_children", "pid", 4026531836],
  ["time", "time", 4026531834],
  ["time_for_children", "time", 4026531834],
  ["user", "user", 4026531837],
  ["uts", "uts", 4026531838],
];

function mountNamespaceIno(task: Task): number {
  const { kernel, ns } = task;
  if (ns === kernel.ns) return 4026531841;
  const known = kernel.slot("proc.mntns", () => ({
    last: 4026532000,
    numbers: new WeakMap<MountNamespace, number>(),
  }));
  let ino = known.numbers.get(ns);
  if (ino === undefined) {
    ino = ++known.last;
    known.numbers.set(ns, ino);
  }
  return ino;
}

/** Makes the entries of a task's directory. `find` answers undefined once the task is gone. */
class TaskEntries {
  readonly #find: () => Task | undefined;
  /** Entries of a process, as against one thread of it. */
  readonly #whole: boolean;

  constructor(find: () => Task | undefined, whole: boolean) {
    this.#find = find;
    this.#whole = whole;
  }

  #task(): Task {
    const task = this.#find();
    if (task === undefined) throw ESRCH;
    return task;
  }

  #file(
    read: (task: Task) => string,
    mode = 0o444,
    write?: (task: Task, text: string, by: Task) => void,
  ): Make {
    const contents: Contents = { read: () => read(this.#task()) };
    if (write !== undefined) contents.write = (by, text) => write(this.#task(), text, by);
    return (sb) => new GeneratedFile(sb, contents, mode);
  }

  /** A file whose text only those may see who may trace the task. */
  #guarded(read: (task: Task) => string, mode = 0o444): Make {
    return (sb) =>
      new GeneratedFile(
        sb,
        {
          read: (by) => {
            const task = this.#task();
            if (!mayInspect(by, task)) throw EACCES;
            return read(task);
          },
        },
        mode,
      );
  }

  #link(place: ConstructorParameters<typeof MagicLink>[2]): Make {
    return (sb) => new MagicLink(sb, this.#find, place);
  }

  #namespaces(): Make {
    const entries: Record<string, Make> = {};
    for (const [name, kind, ino] of NAMESPACES) {
      entries[name] = (sb) =>
        new GeneratedLink(sb, () => {
          const task = this.#task();
          const viewer = task.kernel.scheduler.current;
          if (viewer !== undefined && !mayInspect(viewer, task)) throw EACCES;
          return `${kind}:[${ino === 0 ? mountNamespaceIno(task) : ino}]`;
        });
    }
    return (sb) => new FixedDirectory(sb, entries, 0o511);
  }

  make(): Map<string, Make> {
    const alive = (task: Task): boolean => task.group.exitStatus === undefined;
    const entries: Record<string, Make> = {
      cgroup: this.#file(() => "0::/\n"),
      cmdline: this.#file((task) =>
        alive(task) ? task.group.argv.map((arg) => `${arg}\0`).join("") : "",
      ),
      comm: this.#file(
        (task) => `${task.comm}\n`,
        0o644,
        (task, text, by) => {
          if (by.group !== task.group) throw EINVAL;
          task.comm = text.replace(/\n$/, "").slice(0, COMM_MAX);
        },
      ),
      cwd: this.#link((task) => (alive(task) ? task.fs.cwd : undefined)),
      environ: this.#guarded(
        (task) => (alive(task) ? task.group.envp.map((each) => `${each}\0`).join("") : ""),
        0o400,
      ),
      exe: this.#link((task) => (alive(task) ? task.group.exe : undefined)),
      fd: (sb) => new FdDirectory(sb, this.#find),
      fdinfo: (sb) => new FdinfoDirectory(sb, this.#find),
      io: this.#guarded(ioText, 0o400),
      limits: this.#file(limitsText),
      loginuid: this.#file(
        (task) => String(adjustments(task.group).loginuid),
        0o644,
        (task, text, by) => {
          if (by.group !== task.group || by.cred.euid !== 0) throw EPERM;
          adjustments(task.group).loginuid = integer(text, 0, 4294967295);
        },
      ),
      maps: this.#guarded(mapsText),
      mountinfo: this.#file(mountinfoText),
      mounts: this.#file(mountsText),
      mountstats: this.#file(mountstatsText, 0o400),
      net: (sb) => netDirectory(sb),
      ns: this.#namespaces(),
      oom_adj: this.#file(
        (task) => `${Math.trunc((adjustments(task.group).oomScoreAdj * 17) / 1000)}\n`,
        0o644,
        (task, text, by) => {
          const value = integer(text, -17, 15);
          this.#setOomScore(task, value === 15 ? 1000 : Math.trunc((value * 1000) / 17), by);
        },
      ),
      oom_score: this.#file(
        (task) =>
          `${Math.max(0, 666 + Math.trunc((adjustments(task.group).oomScoreAdj * 2) / 3))}\n`,
      ),
      oom_score_adj: this.#file(
        (task) => `${adjustments(task.group).oomScoreAdj}\n`,
        0o644,
        (task, text, by) => this.#setOomScore(task, integer(text, -1000, 1000), by),
      ),
      root: this.#link((task) => (alive(task) ? task.fs.root : undefined)),
      schedstat: this.#file(
        (task) => `${Math.floor(task.utimeMs * 1e6)} 0 ${task.nvcsw + task.nivcsw}\n`,
      ),
      sessionid: this.#file(() => "4294967295"),
      smaps: this.#guarded(smapsText),
      stat: this.#file((task) => statText(task, this.#whole)),
      statm: this.#file(statmText),
      status: this.#file(statusText),
      wchan: this.#file(() => "0"),
    };
    if (this.#whole) entries["task"] = (sb) => new ThreadsDirectory(sb, () => this.#task().group);
    else {
      entries["children"] = this.#file((task) =>
        [...task.group.children].map((child) => `${child.pid} `).join(""),
      );
    }
    return new Map(Object.entries(entries).sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #setOomScore(task: Task, value: number, by: Task): void {
    const own = adjustments(task.group);
    if (by.cred.euid !== 0) {
      if (by.cred.euid !== task.cred.ruid) throw EACCES;
      if (value < own.oomScoreAdj) throw EACCES;
    }
    own.oomScoreAdj = value;
  }
}

/** Inode number of a process's directory. */
export function pidIno(pid: number): number {
  return 0x40000000 + pid;
}

/** A directory of one task. Its owner follows the task's credentials. */
class TaskDirectory extends FixedDirectory {
  readonly #find: () => Task | undefined;

  constructor(sb: GeneratedSuperBlock, find: () => Task | undefined, whole: boolean) {
    super(sb, new TaskEntries(find, whole).make());
    this.#find = find;
    this.nlink = whole ? 7 : 6;
    // As listings of /proc have it, which do not make the directory.
    if (whole) this.ino = pidIno(find()?.pid ?? 0);
  }

  override refresh(): void {
    const task = this.#find();
    if (task === undefined) return;
    this.uid = task.cred.euid;
    this.gid = task.cred.egid;
  }

  override lookup(name: string): Inode | undefined {
    const task = this.#find();
    if (task === undefined) return undefined;
    const inode = super.lookup(name);
    // net belongs to root, whoever looks at it.
    if (inode !== undefined && name !== "net") {
      inode.uid = task.cred.euid;
      inode.gid = task.cred.egid;
    }
    return inode;
  }
}

/** /proc/PID/task. */
class ThreadsDirectory extends GeneratedDirectory {
  readonly #group: () => ThreadGroup;
  readonly #made = new WeakMap<Task, TaskDirectory>();

  constructor(sb: GeneratedSuperBlock, group: () => ThreadGroup) {
    super(sb);
    this.#group = group;
  }

  #tasks(): Task[] {
    const group = this.#group();
    return group.tasks.size > 0 ? [...group.tasks] : [group.leader];
  }

  override names(): Iterable<string> {
    return this.#tasks().map((task) => String(task.tid));
  }

  override lookup(name: string): Inode | undefined {
    const task = this.#tasks().find((each) => String(each.tid) === name);
    if (task === undefined) return undefined;
    let made = this.#made.get(task);
    if (made === undefined) {
      const find = (): Task | undefined =>
        task.group.tasks.has(task) || task.group.leader === task ? task : undefined;
      made = new TaskDirectory(this.sb, find, false);
      this.#made.set(task, made);
    }
    made.refresh();
    return made;
  }
}

/** The directory of a process; there until the process is reaped. */
export function processDirectory(sb: GeneratedSuperBlock, group: ThreadGroup): Inode {
  const find = (): Task | undefined =>
    group.kernel.groups.get(group.pid) === group ? (someTask(group) ?? group.leader) : undefined;
  const made = new TaskDirectory(sb, find, true);
  made.refresh();
  return made;
}

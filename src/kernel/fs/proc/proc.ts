// proc: processes and the machine's state as files (proc(5)).
import { EAGAIN, EINVAL, ENOENT } from "../../../abi/errno.ts";
import { PROC_SUPER_MAGIC } from "../../../abi/mount.ts";
import { POLLIN, POLLOUT } from "../../../abi/poll.ts";
import type { Blocking, Steps } from "../../../abi/program.ts";
import { type Dirent, DT_DIR, S_IFREG } from "../../../abi/stat.ts";
import { bytesOf } from "../../../lib/bytes.ts";
import { swapsText } from "../../block/swap.ts";
import type { Kernel } from "../../kernel.ts";
import { syslog } from "../../syscalls/machine.ts";
import type { Task, ThreadGroup } from "../../task.ts";
import type { WaitQueue } from "../../wait.ts";
import { File, type Path } from "../file.ts";
import type { FileSystemType } from "../filesystems.ts";
import {
  dir,
  FixedDirectory,
  GeneratedDirectory,
  GeneratedInode,
  GeneratedSuperBlock,
  link,
  type Make,
  text,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import * as machine from "./machine.ts";
import { sysDirectory } from "./sysctl.ts";
import { pidIno, processDirectory } from "./task.ts";

/** /proc/kmsg: takes the kernel's messages away as they are read. */
class KmsgInode extends GeneratedInode {
  constructor(sb: GeneratedSuperBlock) {
    super(sb, S_IFREG | 0o400);
  }
  override open(_task: Task, path: Path, flags: number): Blocking<File> {
    return new KmsgFile(path, flags);
  }
}

class KmsgFile extends File {
  override read(task: Task, max: number): Blocking<Uint8Array> {
    if (this.nonblock && syslog(task, 9, 0) === "0") throw EAGAIN;
    const result = syslog(task, 2, max);
    return typeof result === "string" ? bytesOf(result) : this.#later(result);
  }
  *#later(steps: Steps<string>): Steps<Uint8Array> {
    return bytesOf(yield* steps);
  }
  override poll(): number {
    const task = this.inode.sb.kernel.scheduler.current;
    return task !== undefined && syslog(task, 9, 0) !== "0" ? POLLIN | POLLOUT : POLLOUT;
  }
  override pollQueues(): readonly WaitQueue[] {
    return [this.inode.sb.kernel.log.queue];
  }
}

/** The process that looks; proc has no "self" for the host. */
function viewer(task: Task | undefined): Task {
  if (task === undefined || task.tid === 0) throw ENOENT;
  return task;
}

const of =
  (make: (kernel: Kernel) => string): ((task: Task) => string) =>
  (task) =>
    make(task.kernel);

function pressure(): Make {
  const zero = "avg10=0.00 avg60=0.00 avg300=0.00 total=0\n";
  return dir({
    cpu: text(() => `some ${zero}full ${zero}`),
    io: text(() => `some ${zero}full ${zero}`),
    memory: text(() => `some ${zero}full ${zero}`),
  });
}

/** The entries beside the processes, in the order a listing shows them. */
function entries(): Record<string, Make> {
  return {
    buddyinfo: text(of(machine.buddyinfoText)),
    bus: dir({}),
    cgroups: text(() => "#subsys_name\thierarchy\tnum_cgroups\tenabled\n"),
    cmdline: text(of(machine.cmdlineText)),
    consoles: text(of(machine.consolesText)),
    cpuinfo: text(() => machine.CPUINFO),
    crypto: text(() => ""),
    devices: text(of(machine.devicesText)),
    diskstats: text(of(machine.diskstatsText)),
    driver: dir({}),
    execdomains: text(() => "0-0\tLinux           \t[kernel]\n"),
    filesystems: text(of(machine.filesystemsText)),
    fs: dir({}),
    interrupts: text(() => "           CPU0       \n"),
    iomem: text(() => ""),
    ioports: text(() => ""),
    irq: dir({}),
    kmsg: (sb) => new KmsgInode(sb),
    loadavg: text(of(machine.loadavgText)),
    locks: text(() => ""),
    meminfo: text(of(machine.meminfoText)),
    misc: text(() => ""),
    modules: text(() => ""),
    mounts: link("self/mounts"),
    net: link("self/net"),
    partitions: text(of(machine.partitionsText)),
    pressure: pressure(),
    self: link((task) => String(viewer(task).pid)),
    softirqs: text(() => "                    CPU0       \n"),
    stat: text(of(machine.statText)),
    swaps: text((task) => swapsText(task.kernel)),
    sys: sysDirectory,
    sysvipc: dir({
      msg: text(
        () =>
          "       key      msqid perms      cbytes       qnum lspid lrpid   uid   gid  cuid  cgid      stime      rtime      ctime\n",
      ),
      sem: text(
        () =>
          "       key      semid perms      nsems   uid   gid  cuid  cgid      otime      ctime\n",
      ),
      shm: text(
        () =>
          "       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime                   rss                  swap\n",
      ),
    }),
    "thread-self": link((task) => `${viewer(task).pid}/task/${viewer(task).tid}`),
    tty: dir({
      drivers: text(
        () =>
          "/dev/tty             /dev/tty        5       0 system:/dev/tty\n" +
          "/dev/console         /dev/console    5       1 system:console\n" +
          "/dev/ptmx            /dev/ptmx       5       2 system\n" +
          "serial               /dev/ttyS       4      64 serial\n" +
          "pty_slave            /dev/pts      136 0-1048575 pty:slave\n" +
          "pty_master           /dev/ptm      128 0-1048575 pty:master\n",
      ),
      ldiscs: text(() => "n_tty       0\n"),
    }),
    uptime: text(of(machine.uptimeText)),
    version: text(machine.versionText),
    vmstat: text(of(machine.vmstatText)),
    zoneinfo: text(() => ""),
  };
}

/** The root: a directory for each process beside the fixed entries. */
class ProcRoot extends GeneratedDirectory {
  readonly #fixed: FixedDirectory;
  readonly #processes = new WeakMap<ThreadGroup, Inode>();

  constructor(sb: GeneratedSuperBlock) {
    super(sb);
    this.#fixed = new FixedDirectory(sb, entries);
  }

  override *names(): Iterable<string> {
    yield* this.#fixed.names();
    const pids = [...this.sb.kernel.groups.keys()].sort((a, b) => a - b);
    for (const pid of pids) yield String(pid);
  }

  override lookup(name: string): Inode | undefined {
    if (!/^[1-9]\d{0,9}$/.test(name)) return this.#fixed.lookup(name);
    const { kernel } = this.sb;
    // Any thread has a directory, though only processes are listed.
    const id = Number(name);
    const group = kernel.groups.get(id) ?? kernel.tasks.get(id)?.group;
    if (group === undefined) return undefined;
    let made = this.#processes.get(group);
    if (made === undefined) {
      made = processDirectory(this.sb, group);
      this.#processes.set(group, made);
    }
    made.refresh();
    return made;
  }

  override readdir(): Dirent[] {
    const listed: Dirent[] = this.#fixed.readdir();
    const { kernel } = this.sb;
    for (const pid of [...kernel.groups.keys()].sort((a, b) => a - b)) {
      // A listing must not make a directory for each process.
      listed.push({ ino: pidIno(pid), type: DT_DIR, name: String(pid) });
    }
    return listed;
  }

  override stat(): ReturnType<GeneratedDirectory["stat"]> {
    return { ...super.stat(), nlink: 2 + this.sb.kernel.groups.size };
  }
}

class Proc extends GeneratedSuperBlock {
  override readonly root: ProcRoot;
  #options = "";

  constructor(kernel: Kernel, data: string) {
    super(kernel, "proc", PROC_SUPER_MAGIC, 1024);
    this.root = new ProcRoot(this);
    this.remount(data);
  }

  override options(): string {
    return this.#options;
  }

  override remount(data: string): void {
    // Everybody sees all processes: hidepid=0 is what there is.
    for (const part of data.split(",")) {
      if (part === "" || part === "hidepid=0" || part === "hidepid=off") continue;
      if (!/^gid=\d{1,10}$/.test(part)) throw EINVAL;
      this.#options = part;
    }
  }
}

/** mount -t proc. */
export const proc: FileSystemType = {
  name: "proc",
  requiresDevice: false,
  mount: (kernel, _task, _source, data) => new Proc(kernel, data),
};

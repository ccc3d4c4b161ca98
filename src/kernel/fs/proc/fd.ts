// /proc/PID/fd and fdinfo: the descriptors of a process (proc_pid_fd(5), proc_pid_fdinfo(5)).
import { EACCES, ENOENT } from "../../../abi/errno.ts";
import { O_CLOEXEC } from "../../../abi/fcntl.ts";
import { type Dirent, DT_LNK, DT_REG, S_IFLNK } from "../../../abi/stat.ts";
import type { Task, ThreadGroup } from "../../task.ts";
import type { File, Path } from "../file.ts";
import {
  GeneratedDirectory,
  GeneratedFile,
  GeneratedInode,
  type GeneratedSuperBlock,
} from "../generated.ts";
import type { Inode } from "../inode.ts";
import { pathName } from "../namei.ts";

/** May `viewer` look into `task` (ptrace_may_access)? Root, and those with all the same ids. */
export function mayInspect(viewer: Task, task: Task): boolean {
  const from = viewer.cred;
  if (from.euid === 0 || viewer.group === task.group) return true;
  const { ruid, euid, suid, rgid, egid, sgid } = task.cred;
  return (
    from.euid === ruid &&
    from.euid === euid &&
    from.euid === suid &&
    from.egid === rgid &&
    from.egid === egid &&
    from.egid === sgid
  );
}

/** A link that leads to a place itself, whatever its name: /proc/PID/exe, cwd, root, fd/N. */
export class MagicLink extends GeneratedInode {
  readonly #task: () => Task | undefined;
  readonly #place: (task: Task) => Path | undefined;

  constructor(
    sb: GeneratedSuperBlock,
    task: () => Task | undefined,
    place: (task: Task) => Path | undefined,
    mode = 0o777,
  ) {
    super(sb, S_IFLNK | mode);
    this.#task = task;
    this.#place = place;
  }

  #look(viewer: Task | undefined): Path {
    const task = this.#task();
    if (task === undefined) throw ENOENT;
    if (viewer !== undefined && !mayInspect(viewer, task)) throw EACCES;
    const place = this.#place(task);
    if (place === undefined) throw ENOENT;
    return place;
  }

  override readlink(): string {
    const viewer = this.sb.kernel.scheduler.current;
    const place = this.#look(viewer);
    return pathName(place, (viewer ?? (this.#task() as Task)).fs.root);
  }

  override follow(task: Task): Path {
    return this.#look(task);
  }
}

/** Files by descriptor number; the inode of a number stays while the same file is open there. */
abstract class DescriptorDirectory extends GeneratedDirectory {
  protected readonly task: () => Task | undefined;
  #made = new Map<number, { file: File; inode: Inode }>();

  constructor(sb: GeneratedSuperBlock, task: () => Task | undefined) {
    super(sb, 0o500);
    this.task = task;
  }

  protected abstract make(fd: number, file: File): Inode;
  protected abstract readonly direntType: number;

  override *names(): Iterable<string> {
    const task = this.task();
    if (task === undefined || task.state === "dead") return;
    for (const fd of task.fds.fds()) yield String(fd);
  }

  override lookup(name: string): Inode | undefined {
    if (!/^(0|[1-9]\d{0,8})$/.test(name)) return undefined;
    const fd = Number(name);
    const task = this.task();
    const file = task?.fds.peek(fd);
    if (task === undefined || file === undefined) {
      this.#made.delete(fd);
      return undefined;
    }
    let made = this.#made.get(fd);
    if (made?.file !== file) {
      made = { file, inode: this.make(fd, file) };
      this.#made.set(fd, made);
    }
    made.inode.uid = task.cred.euid;
    made.inode.gid = task.cred.egid;
    return made.inode;
  }

  override readdir(): Dirent[] {
    const entries: Dirent[] = [];
    for (const name of this.names()) {
      entries.push({ ino: this.lookup(name)?.ino ?? 0, type: this.direntType, name });
    }
    return entries;
  }
}

/** /proc/PID/fd: links to what is open. */
export class FdDirectory extends DescriptorDirectory {
  protected override readonly direntType: number = DT_LNK;

  protected override make(fd: number, file: File): Inode {
    const mode = (file.readable ? 0o500 : 0) | (file.writable ? 0o300 : 0);
    return new MagicLink(this.sb, this.task, (task) => task.fds.peek(fd)?.path, mode);
  }
}

/** /proc/PID/fdinfo: position and flags of what is open. */
export class FdinfoDirectory extends DescriptorDirectory {
  protected override readonly direntType: number = DT_REG;

  protected override make(fd: number, _file: File): Inode {
    const read = (): string => {
      const task = this.task();
      const file = task?.fds.peek(fd);
      if (task === undefined || file === undefined) throw ENOENT;
      const flags = file.flags | (task.fds.getCloexec(fd) ? O_CLOEXEC : 0);
      return (
        `pos:\t${file.pos}\nflags:\t0${flags.toString(8)}\n` +
        `mnt_id:\t${file.path.mount.id}\nino:\t${file.inode.ino}\n`
      );
    };
    return new GeneratedFile(this.sb, { read }, 0o444);
  }
}

/** A task of a process that can stand for it: its first thread, or any when that one is gone. */
export function someTask(group: ThreadGroup): Task | undefined {
  return group.leader.state !== "dead" ? group.leader : [...group.tasks][0];
}

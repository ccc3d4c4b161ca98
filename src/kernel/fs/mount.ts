// Mounts and mount namespaces (Linux: struct mount, namespace.c).
import { MS_NODEV, MS_NOEXEC, MS_NOSUID, MS_RDONLY } from "../../abi/mount.ts";
import type { Kernel } from "../kernel.ts";
import type { Task } from "../task.ts";
import type { Dentry } from "./dentry.ts";
import type { Path } from "./file.ts";
import type { SuperBlock } from "./inode.ts";

/** One mounted view of a super block. */
export class Mount {
  readonly id: number;
  readonly sb: SuperBlock;
  /** The dentry of `sb` that is seen at the mount point (not the sb's root for bind mounts). */
  readonly root: Dentry;
  /** Where it sits; undefined for the root of the namespace and for kernel-internal mounts. */
  at: Path | undefined;
  /** MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_NOATIME … */
  flags: number;
  /** Open descriptions on it. */
  opens = 0;
  /** Off the tree (umount2 with MNT_DETACH): ends with its last open description. */
  detached = false;
  /** First column of /proc/mounts. */
  readonly source: string;
  /** The one dentry of the super block's root, whatever part of it this mount shows. */
  readonly sbRoot: Dentry;

  constructor(
    id: number,
    sb: SuperBlock,
    root: Dentry,
    at: Path | undefined,
    flags: number,
    source: string,
    sbRoot?: Dentry,
  ) {
    this.id = id;
    this.sb = sb;
    this.root = root;
    this.at = at;
    this.flags = flags;
    this.source = source;
    this.sbRoot = sbRoot ?? topOf(root);
    mountsOf(sb).count++;
  }

  /** An open description is gone. */
  closed(): void {
    if (--this.opens === 0 && this.detached) reapMounts(this.sb.kernel);
  }

  /** Taken off the tree: lives on as long as it is used; the super block ends with its last mount. */
  detach(): void {
    const { kernel } = this.sb;
    this.detached = true;
    detachedMounts(kernel).add(this);
    reapMounts(kernel);
  }

  /** True while a task has its root, its working directory or its program there. */
  get inUse(): boolean {
    if (this.opens > 0) return true;
    for (const { fs, group } of this.sb.kernel.tasks.values()) {
      if (fs.cwd.mount === this || fs.root.mount === this || group.exe?.mount === this) return true;
    }
    return false;
  }

  /** True when nothing may be changed through this mount. */
  get readonly(): boolean {
    return (this.flags & MS_RDONLY) !== 0 || this.sb.readonly === true;
  }
  get nosuid(): boolean {
    return (this.flags & MS_NOSUID) !== 0;
  }
  get nodev(): boolean {
    return (this.flags & MS_NODEV) !== 0;
  }
  get noexec(): boolean {
    return (this.flags & MS_NOEXEC) !== 0;
  }
}

function detachedMounts(kernel: Kernel): Set<Mount> {
  return kernel.slot("detached-mounts", () => new Set<Mount>());
}

/** Ends the mounts that are off the tree and that nobody uses any more: after chdir, close, exit. */
export function reapMounts(kernel: Kernel): void {
  const detached = detachedMounts(kernel);
  if (detached.size === 0) return;
  for (const mount of detached) {
    if (mount.inUse || !detached.delete(mount)) continue;
    if (--mountsOf(mount.sb).count === 0) mount.sb.release();
  }
}

function topOf(dentry: Dentry): Dentry {
  let top = dentry;
  while (!top.isRoot) top = top.parent;
  return top;
}

/** How many mounts a super block has, over all namespaces. */
function mountsOf(sb: SuperBlock): { count: number } {
  const table = sb.kernel.slot("mounts", () => new WeakMap<SuperBlock, { count: number }>());
  let entry = table.get(sb);
  if (entry === undefined) {
    entry = { count: 0 };
    table.set(sb, entry);
  }
  return entry;
}

/** A name was removed that other namespaces had mounted something on: that comes off the tree. */
export function detachMounts(kernel: Kernel, dentry: Dentry): void {
  if (dentry.mountCount === 0) return;
  const all = new Set([kernel.ns]);
  for (const task of kernel.tasks.values()) all.add(task.ns);
  for (const ns of all) {
    for (const mount of ns.mounts.filter((each) => each.at?.dentry === dentry)) ns.detach(mount);
  }
}

/** The mounts that the tasks of a machine see. */
export class MountNamespace {
  /** In the order they were made; the first is the root. */
  readonly mounts: Mount[] = [];

  get root(): Path {
    const mount = this.mounts[0];
    if (mount === undefined) throw new Error("bug: mount namespace without a root");
    return this.top({ mount, dentry: mount.root });
  }

  /** The mount that sits on `path`, the latest if several do. */
  on(path: Path): Mount | undefined {
    if (path.dentry.mountCount === 0) return undefined;
    for (let i = this.mounts.length - 1; i >= 0; i--) {
      const mount = this.mounts[i] as Mount;
      if (mount.at?.dentry === path.dentry && mount.at.mount === path.mount) return mount;
    }
    return undefined;
  }

  /** Steps from a mount point onto what is mounted there, through stacked mounts. */
  top(path: Path): Path {
    let here = path;
    for (;;) {
      const mount = this.on(here);
      if (mount === undefined) return here;
      here = { mount, dentry: mount.root };
    }
  }

  /** True when something is mounted on the dentry, through whatever mount it is seen. */
  isMountPoint(dentry: Dentry): boolean {
    return dentry.mountCount > 0 && this.mounts.some((mount) => mount.at?.dentry === dentry);
  }

  add(mount: Mount): void {
    this.mounts.push(mount);
    if (mount.at !== undefined) mount.at.dentry.mountCount++;
  }

  /** Takes a mount that nothing is mounted on off the tree; its super block lives on while in use. */
  remove(mount: Mount): void {
    const index = this.mounts.indexOf(mount);
    if (index < 0) return;
    this.mounts.splice(index, 1);
    if (mount.at !== undefined) mount.at.dentry.mountCount--;
    // Who is still in it finds no way up.
    mount.at = undefined;
    mount.detach();
  }

  /** Takes a mount and everything mounted under it off the tree. */
  detach(mount: Mount): void {
    for (const other of this.mounts.filter((each) => each.at?.mount === mount)) this.detach(other);
    this.remove(mount);
  }

  /** Puts a mount elsewhere; undefined: at the root of the namespace. */
  move(mount: Mount, at: Path | undefined): void {
    if (mount.at !== undefined) mount.at.dentry.mountCount--;
    mount.at = at;
    if (at !== undefined) at.dentry.mountCount++;
    // Later mounts come later in the list: `on` takes the last.
    const index = this.mounts.indexOf(mount);
    this.mounts.splice(index, 1);
    this.mounts.push(mount);
  }

  /** Makes a mount the root of the namespace. */
  makeFirst(mount: Mount): void {
    this.mounts.splice(this.mounts.indexOf(mount), 1);
    this.mounts.unshift(mount);
  }

  /** A copy with mounts of its own (unshare(2)), and which mount became which. */
  clone(kernel: Kernel): [MountNamespace, ReadonlyMap<Mount, Mount>] {
    const ns = new MountNamespace();
    const copies = new Map<Mount, Mount>();
    for (const mount of this.mounts) {
      const { sb, root, flags, source, sbRoot } = mount;
      copies.set(
        mount,
        new Mount(kernel.nextMountId(), sb, root, undefined, flags, source, sbRoot),
      );
    }
    for (const [mount, copy] of copies) {
      const { at } = mount;
      if (at !== undefined) {
        copy.at = { mount: copies.get(at.mount) ?? at.mount, dentry: at.dentry };
      }
      ns.add(copy);
    }
    return [ns, copies];
  }

  /** A task ends or goes to another namespace: when it was the last here, everything is unmounted. */
  leave(task: Task): void {
    const { kernel } = task;
    reapMounts(kernel);
    if (this === kernel.ns) return;
    for (const other of kernel.tasks.values()) if (other !== task && other.ns === this) return;
    for (const mount of [...this.mounts].reverse()) this.remove(mount);
  }
}

// Path walk: from a name to a place in the tree (path_resolution(7), Linux: fs/namei.c).
import { EACCES, EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, Errno } from "../../abi/errno.ts";
import {
  AT_EMPTY_PATH,
  AT_FDCWD,
  AT_SYMLINK_NOFOLLOW,
  NAME_MAX,
  O_DIRECTORY,
  PATH_MAX,
  X_OK,
} from "../../abi/fcntl.ts";
import { permitted } from "../cred.ts";
import type { Task } from "../task.ts";
import type { Dentry } from "./dentry.ts";
import type { Path } from "./file.ts";
import type { Mount } from "./mount.ts";
import { mayFollow } from "./permission.ts";

/** Symbolic links that one walk follows. */
const MAX_LINKS = 40;
const SLASH = 0x2f;

/** Where a name is, or would be: the directory, and the last component. */
export interface LastComponent {
  readonly parent: Path;
  /** "" for "/" itself; may be "." or "..". */
  readonly name: string;
  /** True when slashes follow the name: only a directory will do. */
  readonly trailingSlash: boolean;
}

/** A walk in progress: where it stands and how many links it has followed (struct nameidata). */
export class Nameidata {
  readonly task: Task;
  mount: Mount;
  dentry: Dentry;
  /** The component that walkParent stopped before. */
  name = "";
  trailingSlash = false;
  #links = 0;

  constructor(task: Task, start: Path) {
    this.task = task;
    this.mount = start.mount;
    this.dentry = start.dentry;
  }

  get path(): Path {
    return { mount: this.mount, dentry: this.dentry };
  }

  /** Goes to `path`, its last link followed if `follow`; the error when it cannot. */
  walk(path: string, follow: boolean): Errno | undefined {
    return this.#walk(path, follow, false);
  }

  /** Goes to the directory of the last component and leaves that in `name`. */
  walkParent(path: string): Errno | undefined {
    return this.#walk(path, true, true);
  }

  /** Counts one more link; false when there are too many. */
  countLink(): boolean {
    return ++this.#links <= MAX_LINKS;
  }

  #walk(path: string, follow: boolean, parent: boolean): Errno | undefined {
    const { task } = this;
    const { cred, ns } = task;
    const root = task.fs.root;
    let text = path;
    let at = 0;
    let { mount, dentry } = this;
    this.name = "";
    this.trailingSlash = false;
    if (text.charCodeAt(0) === SLASH) ({ mount, dentry } = root);
    for (;;) {
      while (text.charCodeAt(at) === SLASH) at++;
      if (at >= text.length) break;
      let end = text.indexOf("/", at);
      let next = text.length;
      let isLast = true;
      if (end < 0) {
        end = next;
      } else {
        next = end + 1;
        while (text.charCodeAt(next) === SLASH) next++;
        isLast = next >= text.length;
      }
      const here = dentry.inode;
      if (!here.isDirectory) return ENOTDIR;
      if (cred.euid !== 0 || cred.caps.dropped.length > 0) {
        if (here.sb.volatile) here.refresh();
        if (!permitted(cred, here, X_OK)) return EACCES;
      }
      const name = text.slice(at, end);
      if (parent && isLast) {
        this.name = name;
        this.trailingSlash = end < text.length;
        break;
      }
      if (end - at > NAME_MAX) return ENAMETOOLONG;
      at = next;
      if (name === ".") continue;
      if (name === "..") {
        ({ mount, dentry } = parentOf(task, mount, dentry));
        continue;
      }
      const child = dentry.lookup(name);
      if (child === undefined) return ENOENT;
      const { inode } = child;
      if (child.mountCount > 0) {
        ({ mount, dentry } = ns.top({ mount, dentry: child }));
      } else if (inode.isSymlink && (follow || !isLast || end < text.length)) {
        if (!this.countLink()) return ELOOP;
        if (isLast && !mayFollow(task, dentry.inode, inode)) return EACCES;
        const place = inode.follow(task);
        if (place !== undefined) {
          ({ mount, dentry } = place);
        } else {
          const target = inode.readlink();
          if (target === "") return ENOENT;
          text = end < text.length ? target + text.slice(end) : target;
          at = 0;
          if (text.charCodeAt(0) === SLASH) ({ mount, dentry } = root);
          continue;
        }
      } else {
        dentry = child;
      }
      if (isLast && end < text.length && !dentry.inode.isDirectory) return ENOTDIR;
    }
    this.mount = mount;
    this.dentry = dentry;
    return undefined;
  }
}

/** "..": out of a mount through its mount point; at the task's root it goes nowhere. */
function parentOf(task: Task, mount: Mount, dentry: Dentry): Path {
  const { root } = task.fs;
  let here: Path = { mount, dentry };
  while (here.dentry === here.mount.root) {
    if (here.dentry === root.dentry && here.mount === root.mount) break;
    if (here.mount.at === undefined) break;
    here = here.mount.at;
  }
  const atRoot = here.dentry === root.dentry && here.mount === root.mount;
  if (here.dentry !== here.mount.root && !atRoot) {
    here = { mount: here.mount, dentry: here.dentry.parent };
  }
  // Onto what is mounted there, over the root as well.
  return here.dentry.mountCount > 0 ? task.ns.top(here) : here;
}

/** Where a walk of `path` relative to `dirfd` starts; throws EBADF. */
export function startAt(task: Task, dirfd: number, path: string): Path {
  if (path.charCodeAt(0) === SLASH) return task.fs.root;
  return dirfd === AT_FDCWD ? task.fs.cwd : task.fds.get(dirfd).path;
}

function find(task: Task, dirfd: number, path: string, flags: number): Path | Errno {
  if (path === "") {
    if ((flags & AT_EMPTY_PATH) === 0) return ENOENT;
    return startAt(task, dirfd, path);
  }
  if (path.length >= PATH_MAX) return ENAMETOOLONG;
  const walk = new Nameidata(task, startAt(task, dirfd, path));
  const failure = walk.walk(path, (flags & AT_SYMLINK_NOFOLLOW) === 0);
  if (failure !== undefined) return failure;
  const { inode } = walk.dentry;
  if (inode.sb.volatile) inode.refresh();
  if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) return ENOTDIR;
  return walk.path;
}

/**
 * The place that `path` names, seen from `dirfd` (AT_FDCWD, or a directory's descriptor). `flags`:
 * AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, O_DIRECTORY (must be one).
 */
export function resolve(task: Task, dirfd: number, path: string, flags: number): Path {
  const found = find(task, dirfd, path, flags);
  if (found instanceof Errno) throw found;
  return found;
}

/** `resolve` for questions: a failure is returned, not thrown. */
export function tryResolve(task: Task, dirfd: number, path: string, flags: number): Path | Errno {
  try {
    return find(task, dirfd, path, flags);
  } catch (error) {
    if (error instanceof Errno) return error;
    throw error;
  }
}

/** The directory and the name that an operation creates, removes or renames. */
export function resolveParent(task: Task, dirfd: number, path: string): LastComponent {
  if (path === "") throw ENOENT;
  if (path.length >= PATH_MAX) throw ENAMETOOLONG;
  const walk = new Nameidata(task, startAt(task, dirfd, path));
  const failure = walk.walkParent(path);
  if (failure !== undefined) throw failure;
  return { parent: walk.path, name: walk.name, trailingSlash: walk.trailingSlash };
}

/** The entry of a directory by the last component of a path, if it is there. */
export function lookupLast(parent: Dentry, name: string): Dentry | undefined {
  if (name.length > NAME_MAX) throw ENAMETOOLONG;
  // Only our own programs can say this: C strings end there.
  if (name.includes("\0")) throw EINVAL;
  if (parent.deleted) throw ENOENT;
  return parent.lookup(name);
}

/** Name of a place and whether `root` was met on the way up. */
function prepend(path: Path, root: Path): { name: string; reached: boolean; pseudo: boolean } {
  let { mount, dentry } = path;
  let name = "";
  for (;;) {
    if (dentry === root.dentry && mount === root.mount) {
      return { name: name === "" ? "/" : name, reached: true, pseudo: false };
    }
    if (dentry === mount.root) {
      if (mount.at === undefined) {
        return { name: name === "" ? "/" : name, reached: false, pseudo: false };
      }
      ({ mount, dentry } = mount.at);
    } else if (dentry.isRoot) {
      return { name: dentry.name + name, reached: false, pseudo: true };
    } else {
      name = `/${dentry.name}${name}`;
      dentry = dentry.parent;
    }
  }
}

/**
 * The name of a place as /proc shows it (d_path): with " (deleted)" when unlinked; "pipe:[7]" and the
 * like for the dentries of pseudo file systems, which are roots that are no mount's root.
 */
export function pathName(path: Path, root: Path): string {
  const { name } = prepend(path, root);
  return path.dentry.deleted ? `${name} (deleted)` : name;
}

/** getcwd(2): ENOENT when removed, "(unreachable)" in front when outside `root`. */
export function cwdName(path: Path, root: Path): string {
  if (path.dentry.deleted) throw ENOENT;
  const { name, reached } = prepend(path, root);
  return reached ? name : `(unreachable)${name}`;
}

// openat(2), close(2).
import {
  EACCES,
  EEXIST,
  EINVAL,
  EISDIR,
  ELOOP,
  EMFILE,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  ENXIO,
} from "../../abi/errno.ts";
import {
  AT_SYMLINK_NOFOLLOW,
  O_ACCMODE,
  O_CLOEXEC,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOATIME,
  O_NOCTTY,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_TMPFILE,
  O_TRUNC,
  O_WRONLY,
  PATH_MAX,
  R_OK,
  W_OK,
} from "../../abi/fcntl.ts";
import { IN_CREATE, IN_MODIFY, IN_OPEN } from "../../abi/poll.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { RLIMIT_NOFILE } from "../../abi/resource.ts";
import {
  major,
  minor,
  S_IFBLK,
  S_IFCHR,
  S_IFDIR,
  S_IFIFO,
  S_IFMT,
  S_IFREG,
  S_IFSOCK,
} from "../../abi/stat.ts";
import { Dentry } from "../fs/dentry.ts";
import type { File, Path } from "../fs/file.ts";
import { lookupLast, Nameidata, resolve, startAt } from "../fs/namei.ts";
import { notify, notifyPath } from "../fs/notify.ts";
import { PathFile } from "../fs/path-file.ts";
import {
  mayCreate,
  mayFollow,
  mustCreateOver,
  mustOwn,
  mustPermit,
  newGid,
  newMode,
} from "../fs/permission.ts";
import { openFifo } from "../fs/pipe.ts";
import type { Task } from "../task.ts";

/** Flags that act once and are not kept in the description. */
const ONCE = O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_CLOEXEC | O_DIRECTORY | O_NOFOLLOW;
/** What __O_TMPFILE is without O_DIRECTORY. */
const TMPFILE_BIT = O_TMPFILE & ~O_DIRECTORY;

/** Permission bits that an access mode asks for. */
function accessMask(flags: number): number {
  const access = flags & O_ACCMODE;
  const mask = access === O_RDONLY ? R_OK : access === O_WRONLY ? W_OK : R_OK | W_OK;
  return (flags & O_TRUNC) !== 0 ? mask | W_OK : mask;
}

/**
 * Opens the object at a place, after the checks of open(2). `created`: it was made by this very call,
 * so the mode of the new file does not count.
 */
export function openPath(task: Task, path: Path, flags: number, created = false): Blocking<File> {
  const { inode } = path.dentry;
  if ((flags & O_PATH) !== 0) return new PathFile(path, O_PATH);
  if (!created) {
    if ((flags & O_DIRECTORY) !== 0 && !inode.isDirectory) throw ENOTDIR;
    if (inode.isSymlink) throw ELOOP;
    if (inode.isDirectory && accessMask(flags) !== R_OK) throw EISDIR;
    const type = inode.mode & S_IFMT;
    if ((type === S_IFCHR || type === S_IFBLK) && path.mount.nodev) throw EACCES;
    mustPermit(task, path, type === S_IFREG ? accessMask(flags) : accessMask(flags & ~O_TRUNC));
    if ((flags & O_NOATIME) !== 0) mustOwn(task, inode);
  }
  const file = openChecked(task, path, flags, created);
  const truncated = (flags & O_TRUNC) !== 0 && !created && inode.isRegular;
  return isSteps(file) ? told(file, truncated) : tell(file, truncated);
}

/** IN_OPEN; closing is told of what opening was told of. */
function tell(file: File, truncated: boolean): File {
  file.opened = true;
  if (file.inode.sb.kernel.watches !== 0) {
    notifyPath(file.path, IN_OPEN);
    if (truncated) notifyPath(file.path, IN_MODIFY);
  }
  return file;
}

function* told(steps: Steps<File>, truncated: boolean): Steps<File> {
  return tell(yield* steps, truncated);
}

function openChecked(task: Task, path: Path, flags: number, created: boolean): Blocking<File> {
  const { inode } = path.dentry;
  const kept = flags & ~ONCE;
  switch (inode.mode & S_IFMT) {
    case S_IFREG: {
      const truncate = (flags & O_TRUNC) !== 0 && !created;
      // The overlay copies no data up for a file that is about to be emptied.
      const file = inode.open(task, path, truncate ? kept | O_TRUNC : kept);
      if (!truncate) return file;
      if (isSteps(file)) return truncated(file);
      file.flags &= ~O_TRUNC;
      inode.setattr({ size: 0 });
      return file;
    }
    case S_IFDIR:
      return inode.open(task, path, kept);
    case S_IFIFO:
      return openFifo(task, path, kept);
    case S_IFCHR:
    case S_IFBLK: {
      const kind = (inode.mode & S_IFMT) === S_IFCHR ? "c" : "b";
      const open = task.kernel.devices.find(kind, major(inode.rdev), minor(inode.rdev));
      if (open === undefined) throw ENXIO;
      // O_EXCL without O_CREAT: a block device for oneself.
      return open(task, path, kept | (flags & (kind === "c" ? O_NOCTTY : O_EXCL)), inode.rdev);
    }
    case S_IFSOCK:
      throw ENXIO;
    default:
      throw ELOOP;
  }
}

function* truncated(steps: Steps<File>): Steps<File> {
  const file = yield* steps;
  file.flags &= ~O_TRUNC;
  file.inode.setattr({ size: 0 });
  return file;
}

/** O_TMPFILE: an unnamed file in the file system of a directory. */
function openTmpfile(
  task: Task,
  dirfd: number,
  path: string,
  flags: number,
  mode: number,
): Blocking<File> {
  if ((flags & O_DIRECTORY) === 0 || (flags & O_ACCMODE) === O_RDONLY) throw EINVAL;
  const dir = resolve(task, dirfd, path, O_DIRECTORY);
  mayCreate(task, dir);
  const { inode } = dir.dentry;
  const made = inode.tmpfile(
    newMode(task, inode, S_IFREG | (mode & 0o7777)),
    task.cred.euid,
    newGid(task, inode),
  );
  const dentry = new Dentry(dir.dentry, `#${made.ino}`, made);
  dentry.deleted = true;
  if ((flags & O_EXCL) === 0) {
    made.attached ??= new Map();
    made.attached.set("linkable", true);
  }
  return openPath(task, { mount: dir.mount, dentry }, flags & ~(O_TMPFILE | O_EXCL), true);
}

/** O_CREAT: opens the file or makes it, following a last link even where it leads to nothing yet. */
function openCreate(
  task: Task,
  dirfd: number,
  path: string,
  flags: number,
  mode: number,
): Blocking<File> {
  if (path === "") throw ENOENT;
  if (path.length >= PATH_MAX) throw ENAMETOOLONG;
  const walk = new Nameidata(task, startAt(task, dirfd, path));
  let text = path;
  for (;;) {
    const failure = walk.walkParent(text);
    if (failure !== undefined) throw failure;
    const { name } = walk;
    if (name === "" || name === "." || name === "..") {
      throw (flags & O_EXCL) !== 0 ? EEXIST : EISDIR;
    }
    if (walk.trailingSlash) throw EISDIR;
    const parent = walk.path;
    if (!parent.dentry.inode.isDirectory) throw ENOTDIR;
    const found = lookupLast(parent.dentry, name);
    if (found === undefined) {
      mayCreate(task, parent);
      const dir = parent.dentry.inode;
      const made = dir.create(
        name,
        newMode(task, dir, S_IFREG | (mode & 0o7777)) & 0o7777,
        task.cred.euid,
        newGid(task, dir),
      );
      const dentry = parent.dentry.attach(name, made);
      if (task.kernel.watches !== 0) notify(dir, IN_CREATE, name);
      return openPath(task, { mount: parent.mount, dentry }, flags, true);
    }
    if ((flags & O_EXCL) !== 0) throw EEXIST;
    if (!found.inode.isSymlink || found.mountCount > 0) {
      const place = task.ns.top({ mount: parent.mount, dentry: found });
      if (place.dentry.inode.isDirectory) throw EISDIR;
      mustCreateOver(task, parent.dentry.inode, place.dentry.inode);
      return openPath(task, place, flags);
    }
    if ((flags & O_NOFOLLOW) !== 0 || !walk.countLink()) throw ELOOP;
    if (!mayFollow(task, parent.dentry.inode, found.inode)) throw EACCES;
    const place = found.inode.follow(task);
    if (place !== undefined) {
      if (place.dentry.inode.isDirectory) throw EISDIR;
      return openPath(task, place, flags);
    }
    text = found.inode.readlink();
    if (text === "") throw ENOENT;
  }
}

/** Opens by name; the description is not yet in a table. */
export function open(
  task: Task,
  dirfd: number,
  path: string,
  flags: number,
  mode = 0,
): Blocking<File> {
  if ((flags & O_PATH) !== 0) {
    const wanted = flags & (O_DIRECTORY | O_NOFOLLOW | O_PATH);
    const at = resolve(task, dirfd, path, followFlag(flags) | (flags & O_DIRECTORY));
    return openPath(task, at, wanted);
  }
  if ((flags & O_ACCMODE) === O_ACCMODE) throw EINVAL;
  if ((flags & TMPFILE_BIT) !== 0) return openTmpfile(task, dirfd, path, flags, mode);
  if ((flags & O_CREAT) !== 0) {
    if ((flags & O_DIRECTORY) !== 0) throw EINVAL;
    return openCreate(task, dirfd, path, flags, mode);
  }
  const at = resolve(task, dirfd, path, followFlag(flags));
  return openPath(task, at, flags);
}

/** O_NOFOLLOW as the flag that `resolve` takes. */
function followFlag(flags: number): number {
  return (flags & O_NOFOLLOW) !== 0 ? AT_SYMLINK_NOFOLLOW : 0;
}

/** openat(2). */
export function openat(
  task: Task,
  dirfd: number,
  path: string,
  flags: number,
  mode = 0,
): Blocking<number> {
  const limit = task.rlimit(RLIMIT_NOFILE);
  // Nothing may be created when there is no descriptor for it.
  if (task.fds.size >= limit && !task.fds.hasFree(limit)) throw EMFILE;
  const file = open(task, dirfd, path, flags, mode);
  if (isSteps(file)) return openLater(task, file, flags);
  return task.fds.install(file, (flags & O_CLOEXEC) !== 0, limit);
}

function* openLater(task: Task, steps: Steps<File>, flags: number): Steps<number> {
  const file = yield* steps;
  return task.fds.install(file, (flags & O_CLOEXEC) !== 0, task.rlimit(RLIMIT_NOFILE));
}

/** close(2). */
export function close(task: Task, fd: number): void {
  task.fds.close(task, fd);
}

// Extended attributes: getxattr(2), setxattr(2), listxattr(2), removexattr(2) (xattr(7)).
import {
  E2BIG,
  EACCES,
  EINVAL,
  ENODATA,
  EOPNOTSUPP,
  EPERM,
  ERANGE,
  EROFS,
} from "../../abi/errno.ts";
import { AT_FDCWD, AT_SYMLINK_NOFOLLOW, R_OK, W_OK } from "../../abi/fcntl.ts";
import { IN_ATTRIB } from "../../abi/poll.ts";
import { permitted } from "../cred.ts";
import type { Path } from "../fs/file.ts";
import type { Inode } from "../fs/inode.ts";
import { resolve } from "../fs/namei.ts";
import { notifyPath } from "../fs/notify.ts";
import type { Task } from "../task.ts";

const XATTR_NAME_MAX = 255;
const XATTR_SIZE_MAX = 65536;

/** Checks the name space of an attribute for a read or a write. */
function mayUse(task: Task, path: Path, name: string, writing: boolean): void {
  const { inode } = path.dentry;
  if (name === "" || name.length > XATTR_NAME_MAX) throw ERANGE;
  if (writing && path.mount.readonly) throw EROFS;
  const space = name.slice(0, name.indexOf(".") + 1);
  if (name.length === space.length && space !== "") throw EINVAL;
  switch (space) {
    case "user.":
      if (!inode.isRegular && !inode.isDirectory) throw writing ? EPERM : ENODATA;
      if (!permitted(task.cred, inode, writing ? W_OK : R_OK)) throw EACCES;
      return;
    case "trusted.":
      if (task.cred.euid !== 0) throw writing ? EPERM : ENODATA;
      return;
    case "security.":
      if (writing && task.cred.euid !== 0) throw EPERM;
      return;
    default:
      throw EOPNOTSUPP;
  }
}

function at(task: Task, path: string, follow: boolean): Path {
  return resolve(task, AT_FDCWD, path, follow ? 0 : AT_SYMLINK_NOFOLLOW);
}

/** getxattr(2). */
export function getxattr(task: Task, path: string, name: string, follow: boolean): Uint8Array {
  const place = at(task, path, follow);
  mayUse(task, place, name, false);
  return place.dentry.inode.getxattr(name);
}

/** setxattr(2). */
export function setxattr(
  task: Task,
  path: string,
  name: string,
  value: Uint8Array,
  flags: number,
  follow: boolean,
): void {
  if ((flags & ~3) !== 0 || flags === 3) throw EINVAL;
  if (value.length > XATTR_SIZE_MAX) throw E2BIG;
  const place = at(task, path, follow);
  mayUse(task, place, name, true);
  place.dentry.inode.setxattr(name, value, flags);
  notifyPath(place, IN_ATTRIB);
}

function visible(task: Task, inode: Inode): string[] {
  const names = inode.listxattr();
  return task.cred.euid === 0 ? names : names.filter((name) => !name.startsWith("trusted."));
}

/** listxattr(2). */
export function listxattr(task: Task, path: string, follow: boolean): string[] {
  return visible(task, at(task, path, follow).dentry.inode);
}

/** removexattr(2). */
export function removexattr(task: Task, path: string, name: string, follow: boolean): void {
  const place = at(task, path, follow);
  mayUse(task, place, name, true);
  place.dentry.inode.removexattr(name);
  notifyPath(place, IN_ATTRIB);
}

// Flags of inodes as chattr(1) and lsattr(1) see them (ioctl_iflags(2)).
import { EACCES, EFAULT, EOPNOTSUPP, EPERM, EROFS } from "../../../abi/errno.ts";
import type { Blocking } from "../../../abi/program.ts";
import { FS_IOC_GETFLAGS, FS_IOC_SETFLAGS } from "../../../abi/termios.ts";
import { FLAG_APPEND, FLAG_IMMUTABLE } from "../../../lib/ext4/node.ts";
import type { Task } from "../../task.ts";
import { DirectoryFile } from "../directory.ts";
import { RegularFile } from "../regular.ts";
import type { Ext4Inode } from "./inode.ts";

const VISIBLE = 0x705bdfff;
/** Secure deletion, undeletion, sync, immutable, append, nodump, noatime, notail, dirsync, topdir. */
const CHANGEABLE = 0x380fb;

/** The answer to a request about flags; undefined: it is another request. */
function flagsRequest(
  task: Task,
  inode: Ext4Inode,
  readonly: boolean,
  request: number,
  arg: unknown,
): number | undefined {
  const { node, sb } = inode;
  if (request === FS_IOC_GETFLAGS) return (node.flags & VISIBLE) >>> 0;
  if (request !== FS_IOC_SETFLAGS) return undefined;
  if (typeof arg !== "number") throw EFAULT;
  if (readonly) throw EROFS;
  const { euid } = task.cred;
  if (euid !== 0 && euid !== inode.uid) throw EACCES;
  const changed = (arg ^ node.flags) & VISIBLE;
  if ((changed & ~CHANGEABLE) !== 0) throw EOPNOTSUPP;
  if ((changed & (FLAG_IMMUTABLE | FLAG_APPEND)) !== 0 && euid !== 0) throw EPERM;
  sb.change(() => {
    node.flags = ((node.flags & ~CHANGEABLE) | (arg & CHANGEABLE)) >>> 0;
    inode.touch(false);
  });
  return 0;
}

/** An open regular file. */
export class Ext4OpenFile extends RegularFile {
  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    const inode = this.inode as Ext4Inode;
    const { readonly } = this.path.mount;
    return flagsRequest(task, inode, readonly, request, arg) ?? super.ioctl(task, request, arg);
  }
}

/** An open directory. */
export class Ext4OpenDirectory extends DirectoryFile {
  override ioctl(task: Task, request: number, arg: unknown): Blocking<unknown> {
    const inode = this.inode as Ext4Inode;
    const { readonly } = this.path.mount;
    return flagsRequest(task, inode, readonly, request, arg) ?? super.ioctl(task, request, arg);
  }
}

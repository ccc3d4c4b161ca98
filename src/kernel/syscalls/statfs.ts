// statfs(2), fstatfs(2).
import { AT_FDCWD } from "../../abi/fcntl.ts";
import {
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RELATIME,
  ST_NOATIME,
  ST_NODEV,
  ST_NODIRATIME,
  ST_NOEXEC,
  ST_NOSUID,
  ST_RDONLY,
  ST_RELATIME,
} from "../../abi/mount.ts";
import type { StatFs } from "../../abi/stat.ts";
import type { Mount } from "../fs/mount.ts";
import { resolve } from "../fs/namei.ts";
import type { Task } from "../task.ts";

/** Set in f_flags of every answer (ST_VALID). */
const ST_VALID = 0x20;

function tell(mount: Mount): StatFs {
  const { flags } = mount;
  let st = ST_VALID;
  if (mount.readonly) st |= ST_RDONLY;
  if ((flags & MS_NOSUID) !== 0) st |= ST_NOSUID;
  if ((flags & MS_NODEV) !== 0) st |= ST_NODEV;
  if ((flags & MS_NOEXEC) !== 0) st |= ST_NOEXEC;
  if ((flags & MS_NOATIME) !== 0) st |= ST_NOATIME;
  if ((flags & MS_NODIRATIME) !== 0) st |= ST_NODIRATIME;
  if ((flags & MS_RELATIME) !== 0) st |= ST_RELATIME;
  return { ...mount.sb.statfs(), flags: st };
}

/** statfs(2). */
export function statfs(task: Task, path: string): StatFs {
  return tell(resolve(task, AT_FDCWD, path, 0).mount);
}

/** fstatfs(2). */
export function fstatfs(task: Task, fd: number): StatFs {
  return tell(task.fds.get(fd).path.mount);
}

// Credentials and permission checks (credentials(7), path_resolution(7)); root has every capability.
import { S_IFDIR, S_IFMT, S_ISVTX } from "../abi/stat.ts";
import type { Inode } from "./fs/inode.ts";

/** Who a task acts as. Immutable: a change makes a new one. File ids follow the effective ids. */
export interface Cred {
  readonly ruid: number;
  readonly euid: number;
  readonly suid: number;
  readonly rgid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly groups: readonly number[];
}

/** Credentials of a fresh system's first task. */
export const ROOT_CRED: Cred = Object.freeze({
  ruid: 0,
  euid: 0,
  suid: 0,
  rgid: 0,
  egid: 0,
  sgid: 0,
  groups: Object.freeze([]),
});

/** True when `gid` is the effective or a supplementary group. */
export function inGroup(cred: Cred, gid: number): boolean {
  return cred.egid === gid || cred.groups.includes(gid);
}

/** True when `mask` (R_OK 4, W_OK 2, X_OK 1) is granted on the inode. */
export function permitted(cred: Cred, inode: Inode, mask: number): boolean {
  const mode = inode.mode;
  if (cred.euid === 0) {
    // CAP_DAC_OVERRIDE: everything but executing a file that nobody may execute.
    return (mask & 1) === 0 || (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0;
  }
  const shift = cred.euid === inode.uid ? 6 : inGroup(cred, inode.gid) ? 3 : 0;
  return ((mode >> shift) & mask) === mask;
}

/** True when the sticky bit of `dir` forbids removing `inode` from it. */
export function stickyForbids(cred: Cred, dir: Inode, inode: Inode): boolean {
  return (
    (dir.mode & S_ISVTX) !== 0 &&
    cred.euid !== 0 &&
    cred.euid !== inode.uid &&
    cred.euid !== dir.uid
  );
}

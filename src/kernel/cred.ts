// Credentials and permission checks (credentials(7), path_resolution(7), capabilities(7)).
import { CAP_DAC_OVERRIDE, CAP_FOWNER } from "../abi/capability.ts";
import { S_IFDIR, S_IFMT, S_ISVTX } from "../abi/stat.ts";
import type { Inode } from "./fs/inode.ts";

/**
 * Where a task's capabilities differ from what its user gives: root has all but those that were
 * dropped, everybody else the ambient ones.
 */
export interface Capabilities {
  readonly inheritable: readonly number[];
  readonly ambient: readonly number[];
  readonly dropped: readonly number[];
}

const NONE: Capabilities = Object.freeze({ inheritable: [], ambient: [], dropped: [] });

/** Who a task acts as. Immutable: a change makes a new one. File ids follow the effective ids. */
export interface Cred {
  readonly ruid: number;
  readonly euid: number;
  readonly suid: number;
  readonly rgid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly groups: readonly number[];
  readonly caps: Capabilities;
  /** Programs with set-id bits give nothing. */
  readonly noNewPrivs: boolean;
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
  caps: NONE,
  noNewPrivs: false,
});

/** True when the task may do what `cap` allows. */
export function capable(cred: Cred, cap: number): boolean {
  const { ambient, dropped } = cred.caps;
  return cred.euid === 0 ? dropped.length === 0 || !dropped.includes(cap) : ambient.includes(cap);
}

/** True when `gid` is the effective or a supplementary group. */
export function inGroup(cred: Cred, gid: number): boolean {
  return cred.egid === gid || cred.groups.includes(gid);
}

/** True when `mask` (R_OK 4, W_OK 2, X_OK 1) is granted on the inode. */
export function permitted(cred: Cred, inode: Inode, mask: number): boolean {
  const mode = inode.mode;
  if (capable(cred, CAP_DAC_OVERRIDE)) {
    // Everything but executing a file that nobody may execute.
    return (mask & 1) === 0 || (mode & S_IFMT) === S_IFDIR || (mode & 0o111) !== 0;
  }
  const shift = cred.euid === inode.uid ? 6 : inGroup(cred, inode.gid) ? 3 : 0;
  return ((mode >> shift) & mask) === mask;
}

/** True when the sticky bit of `dir` forbids removing `inode` from it. */
export function stickyForbids(cred: Cred, dir: Inode, inode: Inode): boolean {
  return (
    (dir.mode & S_ISVTX) !== 0 &&
    !capable(cred, CAP_FOWNER) &&
    cred.euid !== inode.uid &&
    cred.euid !== dir.uid
  );
}

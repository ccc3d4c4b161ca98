// Credentials (setuid(2), setresuid(2), setgroups(2)).
import { EINVAL, EPERM } from "../../abi/errno.ts";
import type { Cred } from "../cred.ts";
import type { Task } from "../task.ts";

const privileged = (task: Task): boolean => task.cred.euid === 0;

function change(task: Task, fields: Partial<Cred>): void {
  task.cred = { ...task.cred, ...fields };
}

/** setuid(2). */
export function setuid(task: Task, uid: number): void {
  if (uid < 0) throw EINVAL;
  const { ruid, suid } = task.cred;
  if (privileged(task)) change(task, { ruid: uid, euid: uid, suid: uid });
  else if (uid === ruid || uid === suid) change(task, { euid: uid });
  else throw EPERM;
}

/** setgid(2). */
export function setgid(task: Task, gid: number): void {
  if (gid < 0) throw EINVAL;
  const { rgid, sgid } = task.cred;
  if (privileged(task)) change(task, { rgid: gid, egid: gid, sgid: gid });
  else if (gid === rgid || gid === sgid) change(task, { egid: gid });
  else throw EPERM;
}

/** setresuid(2): -1 leaves an id as it is. */
export function setresuid(task: Task, ruid: number, euid: number, suid: number): void {
  const { cred } = task;
  for (const id of [ruid, euid, suid]) {
    if (id === -1 || privileged(task)) continue;
    if (id !== cred.ruid && id !== cred.euid && id !== cred.suid) throw EPERM;
  }
  change(task, {
    ruid: ruid === -1 ? cred.ruid : ruid,
    euid: euid === -1 ? cred.euid : euid,
    suid: suid === -1 ? cred.suid : suid,
  });
}

/** setresgid(2): -1 leaves an id as it is. */
export function setresgid(task: Task, rgid: number, egid: number, sgid: number): void {
  const { cred } = task;
  for (const id of [rgid, egid, sgid]) {
    if (id === -1 || privileged(task)) continue;
    if (id !== cred.rgid && id !== cred.egid && id !== cred.sgid) throw EPERM;
  }
  change(task, {
    rgid: rgid === -1 ? cred.rgid : rgid,
    egid: egid === -1 ? cred.egid : egid,
    sgid: sgid === -1 ? cred.sgid : sgid,
  });
}

/** setgroups(2). */
export function setgroups(task: Task, groups: readonly number[]): void {
  if (!privileged(task)) throw EPERM;
  if (groups.length > 65536) throw EINVAL;
  change(task, { groups: Object.freeze([...groups]) });
}

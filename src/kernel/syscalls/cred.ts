// Credentials (setuid(2), setresuid(2), setgroups(2)).
import { CAP_SETGID, CAP_SETUID } from "../../abi/capability.ts";
import { EINVAL, EPERM } from "../../abi/errno.ts";
import { type Capabilities, type Cred, capable } from "../cred.ts";
import type { Task } from "../task.ts";

function change(task: Task, fields: Partial<Cred>): void {
  task.cred = { ...task.cred, ...fields };
}

/** setuid(2). */
export function setuid(task: Task, uid: number): void {
  if (uid < 0) throw EINVAL;
  const { ruid, suid } = task.cred;
  if (capable(task.cred, CAP_SETUID)) change(task, { ruid: uid, euid: uid, suid: uid });
  else if (uid === ruid || uid === suid) change(task, { euid: uid });
  else throw EPERM;
}

/** setgid(2). */
export function setgid(task: Task, gid: number): void {
  if (gid < 0) throw EINVAL;
  const { rgid, sgid } = task.cred;
  if (capable(task.cred, CAP_SETGID)) change(task, { rgid: gid, egid: gid, sgid: gid });
  else if (gid === rgid || gid === sgid) change(task, { egid: gid });
  else throw EPERM;
}

/** setresuid(2): -1 leaves an id as it is. */
export function setresuid(task: Task, ruid: number, euid: number, suid: number): void {
  const { cred } = task;
  for (const id of [ruid, euid, suid]) {
    if (id === -1 || capable(task.cred, CAP_SETUID)) continue;
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
    if (id === -1 || capable(task.cred, CAP_SETGID)) continue;
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
  if (!capable(task.cred, CAP_SETGID)) throw EPERM;
  if (groups.length > 65536) throw EINVAL;
  change(task, { groups: Object.freeze([...groups]) });
}

/**
 * What capset(2), PR_CAP_AMBIENT, PR_CAPBSET_DROP and SECBIT_KEEP_CAPS do together: root says
 * what it keeps when it becomes somebody else, and what it gives up.
 */
export function capset(task: Task, caps: Capabilities): void {
  if (task.cred.euid !== 0) throw EPERM;
  const dropped = [...new Set([...task.cred.caps.dropped, ...caps.dropped])];
  const lost = caps.ambient.some((cap) => task.cred.caps.dropped.includes(cap));
  if (lost) throw EPERM;
  change(task, { caps: { ...caps, dropped } });
}

/** PR_SET_NO_NEW_PRIVS. */
export function setNoNewPrivs(task: Task): void {
  change(task, { noNewPrivs: true });
}

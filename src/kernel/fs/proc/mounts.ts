// /proc/PID/mounts, mountinfo and mountstats (proc(5), proc_pid_mountinfo(5)).
import {
  MS_DIRSYNC,
  MS_NOATIME,
  MS_NODEV,
  MS_NODIRATIME,
  MS_NOEXEC,
  MS_NOSUID,
  MS_RELATIME,
  MS_SYNCHRONOUS,
} from "../../../abi/mount.ts";
import { major, minor } from "../../../abi/stat.ts";
import type { Task } from "../../task.ts";
import type { Dentry } from "../dentry.ts";
import type { Mount } from "../mount.ts";
import { cwdName } from "../namei.ts";
import { escapeName } from "./format.ts";

/** Mount flags in the order Linux prints them. */
const FLAGS: readonly (readonly [number, string])[] = [
  [MS_NOSUID, "nosuid"],
  [MS_NODEV, "nodev"],
  [MS_NOEXEC, "noexec"],
  [MS_NOATIME, "noatime"],
  [MS_NODIRATIME, "nodiratime"],
  [MS_RELATIME, "relatime"],
];

function flagNames(mount: Mount): string[] {
  const names: string[] = [];
  for (const [flag, name] of FLAGS) if ((mount.flags & flag) !== 0) names.push(name);
  return names;
}

function superOptions(mount: Mount): string[] {
  const options: string[] = [];
  if ((mount.flags & MS_SYNCHRONOUS) !== 0) options.push("sync");
  if ((mount.flags & MS_DIRSYNC) !== 0) options.push("dirsync");
  return options;
}

/** The mounts that can be reached from a task's root, with the names they have there. */
function* visible(task: Task): IterableIterator<[mount: Mount, name: string]> {
  for (const mount of task.ns.mounts) {
    if (mount.root.deleted) continue;
    const name = cwdName({ mount, dentry: mount.root }, task.fs.root);
    if (!name.startsWith("(unreachable)")) yield [mount, name];
  }
}

/** /proc/PID/mounts: also the format of /etc/mtab. */
export function mountsText(task: Task): string {
  let out = "";
  for (const [mount, name] of visible(task)) {
    const own = mount.sb.options();
    const options = [
      mount.readonly ? "ro" : "rw",
      ...superOptions(mount),
      ...flagNames(mount),
      ...(own === "" ? [] : [own]),
    ];
    out += `${escapeName(mount.source === "" ? "none" : mount.source, "#")} ${escapeName(name)} ${mount.sb.type} ${options.join(",")} 0 0\n`;
  }
  return out;
}

/** Name of a mount's root inside its file system: not "/" for bind mounts. */
function rootName(root: Dentry): string {
  let name = "";
  for (let at = root; !at.isRoot; at = at.parent) name = `/${at.name}${name}`;
  return name === "" ? "/" : name;
}

/** /proc/PID/mountinfo. */
export function mountinfoText(task: Task): string {
  let out = "";
  for (const [mount, name] of visible(task)) {
    const { sb } = mount;
    const own = sb.options();
    const flags = [(mount.flags & 1) !== 0 ? "ro" : "rw", ...flagNames(mount)];
    const options = [sb.readonly === true ? "ro" : "rw", ...superOptions(mount)];
    if (own !== "") options.push(own);
    out +=
      `${mount.id} ${mount.at?.mount.id ?? mount.id} ${major(sb.dev)}:${minor(sb.dev)} ` +
      `${escapeName(rootName(mount.root))} ${escapeName(name)} ${flags.join(",")} - ` +
      `${sb.type} ${escapeName(mount.source === "" ? "none" : mount.source, "#")} ${options.join(",")}\n`;
  }
  return out;
}

/** /proc/PID/mountstats. */
export function mountstatsText(task: Task): string {
  let out = "";
  for (const [mount, name] of visible(task)) {
    out += `device ${escapeName(mount.source)} mounted on ${escapeName(name)} with fstype ${mount.sb.type}\n`;
  }
  return out;
}

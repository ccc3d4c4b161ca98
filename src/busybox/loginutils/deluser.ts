// deluser, delgroup: removes users and groups (as in Debian's adduser)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import { editMembers, replaceRecord } from "../libbb/account-files.ts";
import type { Applet } from "../libbb/applet.ts";

/** Removes a group that is nobody's login group. */
function* removeGroup(p: Process, name: string): Steps<void> {
  const db = new UserDb(p.sys);
  const group = (yield* db.getgrnam(name)) ?? die(`unknown group ${name}`);
  const user = (yield* db.users()).find((u) => u.gid === group.gid);
  if (user !== undefined) die(`'${user.name}' still has '${name}' as their primary group!`);
  yield* replaceRecord(p, "/etc/group", name, undefined);
  yield* replaceRecord(p, "/etc/gshadow", name, undefined);
}

function* deluserMain(p: Process): Steps<number> {
  const opt = getopt(p, "", { long: { "remove-home": "r" }, min: 1, max: 1 });
  if (p.sys.geteuid() !== 0) die("must be run as root");
  const name = opt.operands[0] as string;
  const user = (yield* new UserDb(p.sys).getpwnam(name)) ?? die(`unknown user ${name}`);
  if (opt.has("r")) yield* run(p, ["rm", "-rf", "--", user.dir]);
  yield* replaceRecord(p, "/etc/passwd", name, undefined);
  yield* replaceRecord(p, "/etc/shadow", name, undefined);
  const all = yield* new UserDb(p.sys).groups();
  for (const group of all) {
    if (group.members.includes(name))
      yield* editMembers(p, group.name, (members) => members.filter((m) => m !== name));
  }
  if ((yield* new UserDb(p.sys).getgrnam(name)) !== undefined) yield* removeGroup(p, name);
  return 0;
}

function* delgroupMain(p: Process): Steps<number> {
  const opt = getopt(p, "", { min: 1, max: 2 });
  if (p.sys.geteuid() !== 0) die("must be run as root");
  const [first = "", group] = opt.operands;
  if (group === undefined) {
    yield* removeGroup(p, first);
    return 0;
  }
  if ((yield* new UserDb(p.sys).getgrnam(group)) === undefined) die(`unknown group ${group}`);
  const changed = yield* editMembers(p, group, (members) => members.filter((m) => m !== first));
  if (!changed) yield* p.warnx(`can't find ${first} in /etc/group`);
  return 0;
}

export const deluser: Applet = {
  name: "deluser",
  path: "/usr/sbin/deluser",
  usage: "[--remove-home] USER\n\nRemove USER from the system\n",
  main: deluserMain,
};

export const delgroup: Applet = {
  name: "delgroup",
  path: "/usr/sbin/delgroup",
  usage: "[USER] GROUP\n\nRemove GROUP from the system, or USER from GROUP\n",
  main: delgroupMain,
};

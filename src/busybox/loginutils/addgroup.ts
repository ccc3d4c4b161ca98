// addgroup: a new group, or a user added to one (as in Debian's adduser)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { addRecord, checkName, editMembers } from "../libbb/account-files.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

export const LAST_ID = 256000;
const FIRST_SYSTEM_ID = 100;
const LAST_SYSTEM_ID = 999;

/** The first free id of a range; ends the program when there is none. */
export function freeId(system: boolean, taken: (id: number) => boolean, what: string): number {
  const last = system ? LAST_SYSTEM_ID : LAST_ID;
  for (let id = system ? FIRST_SYSTEM_ID : LAST_SYSTEM_ID + 1; id <= last; id++)
    if (!taken(id)) return id;
  return die(`no ${what}s left`);
}

/** Makes a group. */
export function* makeGroup(
  p: Process,
  name: string,
  gid: number | undefined,
  system: boolean,
): Steps<void> {
  const groups = yield* new UserDb(p.sys).groups();
  if (groups.some((g) => g.name === name)) die(`group '${name}' in use`);
  const taken = (id: number): boolean => groups.some((g) => g.gid === id);
  if (gid !== undefined && taken(gid)) die(`gid '${gid}' in use`);
  const id = gid ?? freeId(system, taken, "gid");
  yield* addRecord(p, "/etc/group", `${name}:x:${id}:`);
  yield* addRecord(p, "/etc/gshadow", `${name}:!::`);
}

/** Adds a user to the members of a group. Messages are addgroup's, whoever calls. */
export function* addMember(p: Process, user: string, group: string): Steps<void> {
  const db = new UserDb(p.sys);
  p.progname = "addgroup";
  if ((yield* db.getgrnam(group)) === undefined) die(`unknown group ${group}`);
  if ((yield* db.getpwnam(user)) === undefined) die(`unknown user ${user}`);
  yield* editMembers(p, group, (members) =>
    members.includes(user) ? members : [...members, user],
  );
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "g:S", { long: { gid: "g", system: "S" }, min: 1, max: 2 });
  if (p.sys.geteuid() !== 0) die("must be run as root");
  const [first = "", group] = opt.operands;
  if (group !== undefined) {
    if (opt.has("g") || opt.has("S")) p.usageError();
    yield* addMember(p, first, group);
    return 0;
  }
  checkName(first);
  const gid = opt.has("g") ? xatouRange(opt.get("g") as string, 0, LAST_ID) : undefined;
  yield* makeGroup(p, first, gid, opt.has("S"));
  return 0;
}

export const addgroup: Applet = {
  name: "addgroup",
  path: "/usr/sbin/addgroup",
  usage: `[-g GID] [-S] [USER] GROUP

Make a group, or add USER to one

	-g GID	With this id
	-S	A group of the system
`,
  main,
};

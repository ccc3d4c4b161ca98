// id, groups: who one is (POSIX id; groups as in GNU)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

interface Who {
  ruid: number;
  euid: number;
  rgid: number;
  egid: number;
  /** Without the group itself in front for the process, with it for a named user. */
  groups: number[];
}

function* lookup(p: Process, db: UserDb, user: string | undefined): Steps<Who> {
  if (user === undefined) {
    const { sys } = p;
    return {
      ruid: sys.getuid(),
      euid: sys.geteuid(),
      rgid: sys.getgid(),
      egid: sys.getegid(),
      groups: sys.getgroups(),
    };
  }
  const pw = (yield* db.getpwnam(user)) ?? die(`unknown user ${user}`);
  const groups = yield* db.getgrouplist(user, pw.gid);
  return { ruid: pw.uid, euid: pw.uid, rgid: pw.gid, egid: pw.gid, groups };
}

/** The group first, then the others once each. */
function groupList(who: Who, gid: number): number[] {
  return [gid, ...who.groups.filter((g) => g !== gid)];
}

function* idMain(p: Process): Steps<number> {
  const opt = getopt(p, "rnugG", { exclusive: ["ugG"], max: 1 });
  const one = opt.has("u") || opt.has("g") || opt.has("G");
  if ((opt.has("r") || opt.has("n")) && !one) p.usageError();
  const db = new UserDb(p.sys);
  const who = yield* lookup(p, db, opt.operands[0]);
  const users = yield* db.userNames();
  const groups = yield* db.groupNames();
  let text: string;
  if (one) {
    const uid = opt.has("r") ? who.ruid : who.euid;
    const gid = opt.has("r") ? who.rgid : who.egid;
    const ids = opt.has("u") ? [uid] : opt.has("g") ? [gid] : groupList(who, gid);
    const names = opt.has("u") ? users : groups;
    text = ids.map((n) => (opt.has("n") ? (names.get(n) ?? n) : n)).join(" ");
  } else {
    const entry = (names: ReadonlyMap<number, string>, n: number): string => {
      const name = names.get(n);
      return name === undefined ? String(n) : `${n}(${name})`;
    };
    text = `uid=${entry(users, who.ruid)} gid=${entry(groups, who.rgid)}`;
    if (who.euid !== who.ruid) text += ` euid=${entry(users, who.euid)}`;
    if (who.egid !== who.rgid) text += ` egid=${entry(groups, who.egid)}`;
    if (who.groups.length > 0)
      text += ` groups=${who.groups.map((g) => entry(groups, g)).join(",")}`;
  }
  const w = p.stdout.puts(`${text}\n`);
  if (w) yield* w;
  return 0;
}

function* groupsMain(p: Process): Steps<number> {
  const opt = getopt(p, "");
  const db = new UserDb(p.sys);
  const who = yield* lookup(p, db, opt.operands[0]);
  const names = yield* db.groupNames();
  const w = p.stdout.puts(
    `${groupList(who, who.egid)
      .map((g) => names.get(g) ?? g)
      .join(" ")}\n`,
  );
  if (w) yield* w;
  return 0;
}

export const id: Applet = {
  name: "id",
  path: "/usr/bin/id",
  usage: `[-ugGnr] [USER]

Print the ids of USER, or of oneself

	-u	The user id only
	-g	The group id only
	-G	All group ids only
	-n	Names, not numbers
	-r	The real ids, not the effective ones
`,
  main: idMain,
};

export const groups: Applet = {
  name: "groups",
  path: "/usr/bin/groups",
  usage: "[USER]\n\nPrint the groups of USER, or one's own\n",
  main: groupsMain,
};

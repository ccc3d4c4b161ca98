// pwd.h, grp.h, shadow.h: /etc/passwd, /etc/group and /etc/shadow.
import { ENOENT } from "../abi/errno.ts";
import type { Steps, Sys } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { readFile } from "./unistd.ts";

export interface Passwd {
  name: string;
  passwd: string;
  uid: number;
  gid: number;
  gecos: string;
  dir: string;
  shell: string;
}

export interface Group {
  name: string;
  passwd: string;
  gid: number;
  members: string[];
}

/** Times in days; -1 where the field is empty. */
export interface Shadow {
  name: string;
  passwd: string;
  lastChange: number;
  min: number;
  max: number;
  warn: number;
  inactive: number;
  expire: number;
}

/** An id in decimal, as in a field or an argument; undefined when it is not one. */
export function parseId(s: string): number | undefined {
  if (!/^[0-9]{1,10}$/.test(s)) return undefined;
  const n = Number(s);
  return n <= 0xffffffff ? n : undefined;
}

/** One line of passwd(5), undefined when it is malformed. */
export function parsePasswd(line: string): Passwd | undefined {
  const f = line.split(":");
  const uid = parseId(f[2] ?? "");
  const gid = parseId(f[3] ?? "");
  if (f.length < 7 || f[0] === "" || uid === undefined || gid === undefined) return undefined;
  const [name = "", passwd = "", , , gecos = "", dir = ""] = f;
  return { name, passwd, uid, gid, gecos, dir, shell: f.slice(6).join(":") };
}

/** One line of group(5), undefined when it is malformed. */
export function parseGroup(line: string): Group | undefined {
  const [name = "", passwd = "", id = "", members] = line.split(":");
  const gid = parseId(id);
  if (name === "" || gid === undefined || members === undefined) return undefined;
  return { name, passwd, gid, members: members.split(",").filter((m) => m !== "") };
}

/** One line of shadow(5), undefined when it is malformed. */
export function parseShadow(line: string): Shadow | undefined {
  const f = line.split(":");
  if (f.length < 8 || f[0] === "") return undefined;
  const days = (i: number): number => (/^[0-9]+$/.test(f[i] ?? "") ? Number(f[i]) : -1);
  return {
    name: f[0] ?? "",
    passwd: f[1] ?? "",
    lastChange: days(2),
    min: days(3),
    max: days(4),
    warn: days(5),
    inactive: days(6),
    expire: days(7),
  };
}

/** passwd(5) line without newline. */
export function formatPasswd(u: Passwd): string {
  return [u.name, u.passwd, u.uid, u.gid, u.gecos, u.dir, u.shell].join(":");
}

function* records<T>(sys: Sys, path: string, parse: (line: string) => T | undefined): Steps<T[]> {
  let text: string;
  try {
    text = strOf(yield* readFile(sys, path, 1 << 26));
  } catch (e) {
    if (e !== ENOENT) throw e;
    return [];
  }
  return text
    .split("\n")
    .map(parse)
    .filter((r) => r !== undefined);
}

/**
 * The user and group database as it was when first asked. Looking up many names (ls -l) reads each
 * file once. A file that is missing is empty; one that may not be read throws.
 */
export class UserDb {
  readonly #sys: Sys;
  #users: Passwd[] | undefined;
  #groups: Group[] | undefined;
  #userNames: Map<number, string> | undefined;
  #groupNames: Map<number, string> | undefined;

  constructor(sys: Sys) {
    this.#sys = sys;
  }

  *users(): Steps<Passwd[]> {
    this.#users ??= yield* records(this.#sys, "/etc/passwd", parsePasswd);
    return this.#users;
  }
  *groups(): Steps<Group[]> {
    this.#groups ??= yield* records(this.#sys, "/etc/group", parseGroup);
    return this.#groups;
  }
  *getpwnam(name: string): Steps<Passwd | undefined> {
    return (yield* this.users()).find((u) => u.name === name);
  }
  *getpwuid(uid: number): Steps<Passwd | undefined> {
    return (yield* this.users()).find((u) => u.uid === uid);
  }
  *getgrnam(name: string): Steps<Group | undefined> {
    return (yield* this.groups()).find((g) => g.name === name);
  }
  *getgrgid(gid: number): Steps<Group | undefined> {
    return (yield* this.groups()).find((g) => g.gid === gid);
  }
  /** Names by id, the first entry of an id counting. */
  *userNames(): Steps<ReadonlyMap<number, string>> {
    this.#userNames ??= new Map(
      (yield* this.users()).map((u) => [u.uid, u.name] as const).reverse(),
    );
    return this.#userNames;
  }
  *groupNames(): Steps<ReadonlyMap<number, string>> {
    this.#groupNames ??= new Map(
      (yield* this.groups()).map((g) => [g.gid, g.name] as const).reverse(),
    );
    return this.#groupNames;
  }
  /** The user's groups: `gid` first, then all that list him, which may name `gid` again (getgrouplist). */
  *getgrouplist(user: string, gid: number): Steps<number[]> {
    const listed = (yield* this.groups()).filter((g) => g.members.includes(user));
    return [gid, ...listed.map((g) => g.gid)];
  }
}

/** getspnam(3). Throws EACCES for who may not read /etc/shadow. */
export function* getspnam(sys: Sys, name: string): Steps<Shadow | undefined> {
  return (yield* records(sys, "/etc/shadow", parseShadow)).find((s) => s.name === name);
}

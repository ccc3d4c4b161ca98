// adduser: a new user, or a user added to a group (as in Debian's adduser)
import { EEXIST, Errno } from "../../abi/errno.ts";
import { AT_SYMLINK_NOFOLLOW } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatPasswd, UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execvp, run } from "../../libc/spawn.ts";
import { S_ISDIR } from "../../libc/stat.ts";
import { chmod, chown, mkdir, readDir, tryStat } from "../../libc/unistd.ts";
import { addRecord, checkName, today } from "../libbb/account-files.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { addMember, freeId, LAST_ID, makeGroup } from "./addgroup.ts";

const NOGROUP = 65533;

/** Gives a directory and all below to a user. */
function* give(p: Process, path: string, uid: number, gid: number): Steps<void> {
  p.sys.fchownat(-100, path, uid, gid, AT_SYMLINK_NOFOLLOW);
  const st = p.sys.fstatat(-100, path, AT_SYMLINK_NOFOLLOW);
  if (!S_ISDIR(st.mode)) return;
  const entries = yield* readDir(p.sys, path);
  for (const { name } of entries) yield* give(p, `${path}/${name}`, uid, gid);
}

function* makeHome(p: Process, dir: string, skel: string, uid: number, gid: number): Steps<void> {
  const { sys } = p;
  const copy = tryStat(sys, dir) === undefined && tryStat(sys, skel) !== undefined;
  try {
    mkdir(sys, dir, 0o755);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (e !== EEXIST) yield* p.warn(dir, e);
  }
  if (tryStat(sys, dir) === undefined) return;
  if (copy) {
    const found = yield* readDir(sys, skel);
    for (const { name } of found) yield* run(p, ["cp", "-R", "-p", "--", `${skel}/${name}`, dir]);
  }
  try {
    if (copy) yield* give(p, dir, uid, gid);
    else chown(sys, dir, uid, gid);
    chmod(sys, dir, 0o2755);
  } catch (e) {
    dieErrno(dir, e);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "h:g:s:G:DSHu:k:", {
    long: {
      home: "h",
      gecos: "g",
      shell: "s",
      ingroup: "G",
      "disabled-password": "D",
      "empty-password": "D",
      system: "S",
      "no-create-home": "H",
      uid: "u",
      skel: "k",
    },
    min: 1,
    max: 2,
  });
  const { sys } = p;
  if (sys.geteuid() !== 0) die("must be run as root");
  const [name = "", memberOf] = opt.operands;
  if (memberOf !== undefined) {
    if (opt.given.length > 0) p.usageError();
    yield* addMember(p, name, memberOf);
    return 0;
  }
  checkName(name);
  const system = opt.has("S");
  const db = new UserDb(sys);
  const users = yield* db.users();
  const groups = yield* db.groups();
  const group = opt.get("G");
  const wanted = opt.has("u") ? xatouRange(opt.get("u") as string, 0, LAST_ID) : undefined;
  if (users.some((u) => u.name === name)) die(`user '${name}' in use`);
  const taken = (id: number): boolean =>
    users.some((u) => u.uid === id) ||
    // A group of one's own has the same number.
    (!system && group === undefined && groups.some((g) => g.gid === id));
  if (wanted !== undefined && users.some((u) => u.uid === wanted)) die(`uid '${wanted}' in use`);
  const uid = wanted ?? freeId(system, taken, "uid");
  let gid = uid;
  if (group !== undefined)
    gid = groups.find((g) => g.name === group)?.gid ?? die(`unknown group ${group}`);
  else if (system) gid = groups.find((g) => g.name === "nogroup")?.gid ?? NOGROUP;
  else {
    p.progname = "adduser";
    yield* makeGroup(p, name, uid, false);
  }
  const dir = opt.get("h") ?? `/home/${name}`;
  const shell = opt.get("s") ?? (system ? "/sbin/nologin" : "/bin/sh");
  const gecos = opt.get("g") ?? "Linux User,,,";
  for (const field of [dir, shell, gecos])
    if (/[:\n]/.test(field)) die(`illegal character in '${field}'`);
  yield* addRecord(
    p,
    "/etc/passwd",
    formatPasswd({ name, passwd: "x", uid, gid, gecos, dir, shell }),
  );
  yield* addRecord(p, "/etc/shadow", `${name}:!:${today(p)}:0:99999:7:::`);
  if (group !== undefined || system) {
    const into = group ?? groups.find((g) => g.gid === gid)?.name;
    if (into !== undefined) yield* addMember(p, name, into);
  }
  if (!opt.has("H")) yield* makeHome(p, dir, opt.get("k") ?? "/etc/skel", uid, gid);
  if (opt.has("D")) return 0;
  try {
    return yield* execvp(sys, ["passwd", name], p.environ(), p.env.get("PATH"));
  } catch (e) {
    return dieErrno("can't execute 'passwd'", e);
  }
}

export const adduser: Applet = {
  name: "adduser",
  path: "/usr/sbin/adduser",
  usage: `[OPTIONS] USER [GROUP]

Make a user, or add USER to GROUP

	-h DIR		Home directory
	-g GECOS	Full name and so on
	-s SHELL	Login shell
	-G GRP		Login group
	-S		A user of the system
	-D		Without a password
	-H		Without a home directory
	-u UID		With this id
	-k SKEL		Take the home directory's first files from here (/etc/skel)
`,
  main,
};

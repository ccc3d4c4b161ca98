// crontab: shows, edits, replaces or removes a user's crontab (crontab(1))
import { Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { type Passwd, UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { run } from "../../libc/spawn.ts";
import {
  chown,
  open,
  readAll,
  readFile,
  rename,
  unlink,
  writeAll,
  writeFile,
} from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseCrontab } from "./crontab-file.ts";

export const CRONTABS = "/var/spool/cron/crontabs";
/** Names the users whose crontabs crond is to read again. */
export const CRON_UPDATE = "cron.update";
const SIZE_MAX = 1 << 20;

function* whose(p: Process, name: string | undefined): Steps<Passwd> {
  const db = new UserDb(p.sys);
  const uid = p.sys.getuid();
  if (name !== undefined && uid !== 0) die("must be suid to work properly");
  const user = yield* name === undefined ? db.getpwuid(uid) : db.getpwnam(name);
  return user ?? die(name === undefined ? `unknown uid ${uid}` : `unknown user ${name}`);
}

/** Puts a crontab in its place and tells crond. */
function* install(p: Process, dir: string, user: Passwd, text: string): Steps<void> {
  const path = `${dir}/${user.name}`;
  try {
    yield* writeFile(p.sys, `${path}.new`, text, 0o600);
    if (p.sys.geteuid() === 0) chown(p.sys, `${path}.new`, user.uid, user.gid);
    rename(p.sys, `${path}.new`, path);
  } catch (e) {
    dieErrno(`can't create '${path}.new'`, e);
  }
}

function* tellCrond(p: Process, dir: string, user: Passwd): Steps<void> {
  const path = `${dir}/${CRON_UPDATE}`;
  try {
    const fd = yield* settle(open(p.sys, path, O_WRONLY | O_CREAT | O_APPEND, 0o600));
    yield* writeAll(p.sys, fd, bytesOf(`${user.name}\n`));
    p.sys.close(fd);
  } catch (e) {
    yield* p.warn(`can't append to '${path}'`, e);
  }
}

function* edit(p: Process, dir: string, user: Passwd): Steps<void> {
  const file = `/tmp/crontab.${p.sys.getpid()}`;
  let old = "";
  try {
    old = strOf(yield* readFile(p.sys, `${dir}/${user.name}`, SIZE_MAX));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  yield* writeFile(p.sys, file, old, 0o600);
  const editor = p.env.get("VISUAL") ?? p.env.get("EDITOR") ?? "vi";
  const status = yield* run(p, ["/bin/sh", "-c", `${editor} "$0"`, file]);
  const text = strOf(yield* readFile(p.sys, file, SIZE_MAX));
  unlink(p.sys, file);
  if (status !== 0) die("editor failed: nothing was changed");
  if (text !== old) yield* install(p, dir, user, text);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "u:c:lerd", { max: 1, exclusive: ["lerd"] });
  const dir = opt.get("c") ?? CRONTABS;
  const user = yield* whose(p, opt.get("u"));
  const path = `${dir}/${user.name}`;
  if (opt.has("l")) {
    try {
      const w = p.stdout.write(yield* readFile(p.sys, path, SIZE_MAX));
      if (w) yield* w;
    } catch (e) {
      dieErrno(`can't open '${user.name}'`, e);
    }
    return 0;
  }
  if (opt.has("r") || opt.has("d")) {
    try {
      unlink(p.sys, path);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  } else if (opt.has("e")) yield* edit(p, dir, user);
  else {
    const [file] = opt.operands;
    if (file === undefined) p.usageError();
    let bytes: Uint8Array;
    try {
      bytes = yield* file === "-" ? readAll(p.sys, 0, SIZE_MAX) : readFile(p.sys, file, SIZE_MAX);
    } catch (e) {
      return dieErrno(`can't open '${file}'`, e);
    }
    const text = strOf(bytes);
    const bad: string[] = [];
    parseCrontab(text, (line) => bad.push(line));
    for (const line of bad) yield* p.warnx(`crond will pass over: ${line}`);
    yield* install(p, dir, user, text);
  }
  yield* tellCrond(p, dir, user);
  return 0;
}

export const crontab: Applet = {
  name: "crontab",
  path: "/usr/bin/crontab",
  suid: true,
  usage: `[-c DIR] [-u USER] [-ler] | [FILE]

Show or change a user's crontab

	-c DIR	Where crontabs are
	-u USER	Whose
	-l	Show it
	-e	Edit it
	-r	Remove it
	FILE	Replace it; "-": by standard input
`,
  main,
};

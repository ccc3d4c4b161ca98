// passwd: changes, locks, unlocks and deletes passwords (as in shadow-utils)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { type Passwd, UserDb } from "../../libc/passwd.ts";
import { die, type Process } from "../../libc/process.ts";
import { tryStat } from "../../libc/unistd.ts";
import { replaceRecord, today, withField } from "../libbb/account-files.ts";
import type { Applet } from "../libbb/applet.ts";
import { needRoot } from "../libbb/become-user.ts";
import { askPassword, failDelay, hash, passwordOf, randomSetting } from "../libbb/password.ts";

const LENGTH_MIN = 6;

/** What is wrong with a password, if anything. */
export function weakness(password: string, user: string, hostname: string): string | undefined {
  if (password.length < LENGTH_MIN) return "too short";
  const lower = password.toLowerCase();
  const backwards = [...lower].reverse().join("");
  const like = (name: string): boolean => {
    const n = name.toLowerCase();
    return n !== "" && (lower.includes(n) || backwards.includes(n) || n.includes(lower));
  };
  if (like(user)) return "similar to username";
  if (like(hostname)) return "similar to hostname";
  for (const c of new Set(password))
    if ((password.split(c).length - 1) * 2 >= password.length) return "too many similar characters";
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/, /[^A-Za-z0-9]/].filter((re) => re.test(password));
  // The more kinds of characters, the shorter it may be: 12, 10, 8, 6.
  return password.length < 14 - 2 * classes.length ? "too weak" : undefined;
}

/** Sets the hash of a user's password in shadow, or where there is no such file or line, in passwd. */
export function* setPassword(p: Process, name: string, value: string): Steps<void> {
  if (tryStat(p.sys, "/etc/shadow") !== undefined) {
    const done = yield* replaceRecord(p, "/etc/shadow", name, (line) =>
      withField(withField(line, 1, value), 2, String(today(p))),
    );
    if (done) return;
  }
  yield* replaceRecord(p, "/etc/passwd", name, (line) => withField(line, 1, value));
}

/** Asks for the new password; undefined when it stays as it is. */
function* newPassword(p: Process, user: Passwd, method: string): Steps<string | undefined> {
  const byRoot = p.sys.getuid() === 0;
  if (!byRoot) {
    const known = yield* passwordOf(p, user);
    if (known !== "") {
      const old = yield* askPassword(p, "Old password: ");
      if (old === undefined || (yield* hash(p, old, known)) !== known) {
        yield* failDelay(p);
        yield* p.warnx(`incorrect password for ${user.name}`);
        return undefined;
      }
    }
  }
  const first = yield* askPassword(p, "New password: ");
  if (first === undefined) return undefined;
  const wrong = weakness(first, user.name, p.sys.uname().nodename);
  if (wrong !== undefined) {
    const w = p.stdout.puts(`Bad password: ${wrong}\n`);
    if (w) yield* w;
    // Root is told, not kept from it.
    if (!byRoot) return undefined;
  }
  const second = yield* askPassword(p, "Retype password: ");
  if (second === undefined) return undefined;
  if (first !== second) {
    const w = p.stdout.puts("Passwords don't match\n");
    if (w) yield* w;
    return undefined;
  }
  return yield* hash(p, first, randomSetting(p, method));
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "a:lud");
  needRoot(p);
  const db = new UserDb(p.sys);
  const uid = p.sys.getuid();
  const self = yield* db.getpwuid(uid);
  const name = opt.operands[0] ?? self?.name ?? die(`unknown uid ${uid}`);
  const user = (yield* db.getpwnam(name)) ?? die(`unknown user ${name}`);
  const change = opt.has("l") || opt.has("u") || opt.has("d");
  if (uid !== 0 && (user.uid !== uid || change))
    die(`${self?.name ?? uid} can't change password for ${name}`);
  let value: string;
  if (!change) {
    const w = p.stdout.puts(`Changing password for ${name}\n`);
    if (w) yield* w;
    const made = yield* newPassword(p, user, opt.get("a") ?? "sha512");
    if (made === undefined) die(`password for ${name} is unchanged`);
    value = made;
  } else {
    let known = user.passwd;
    try {
      known = yield* passwordOf(p, user);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    const locked = known.startsWith("!");
    if (opt.has("l")) {
      if (locked) die(`password for ${name} is already locked`);
      value = `!${known}`;
    } else if (opt.has("u")) {
      if (!locked) die(`password for ${name} is already unlocked`);
      value = known.slice(1);
    } else value = "";
  }
  yield* setPassword(p, name, value);
  yield* p.warnx(`password for ${name} changed by ${self?.name ?? uid}`);
  return 0;
}

export const passwd: Applet = {
  name: "passwd",
  path: "/usr/bin/passwd",
  suid: true,
  usage: `[-a ALG] [-dlu] [USER]

Change USER's password (one's own unless told)

	-a ALG	des, md5, sha256 or sha512 (the default)
	-d	No password any more
	-l	Lock it
	-u	Unlock it
`,
  main,
};

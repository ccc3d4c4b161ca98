// renice: the priority of running processes (POSIX renice)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { UserDb } from "../../libc/passwd.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

const KINDS: Readonly<Record<string, number>> = { "-p": 0, "-g": 1, "-u": 2 };

function* main(p: Process): Steps<number> {
  const args = p.argv.slice(1);
  let relative = false;
  if (args[0]?.startsWith("-n") === true) {
    relative = true;
    const attached = args[0].slice(2);
    args.shift();
    if (attached !== "") args.unshift(attached);
  }
  const word = args.shift();
  if (word === undefined || args.length === 0) p.usageError();
  const amount = xatoi(word);
  const db = new UserDb(p.sys);
  let which = 0;
  let status = 0;
  for (const arg of args) {
    const kind = KINDS[arg];
    if (kind !== undefined) {
      which = kind;
      continue;
    }
    let who: number;
    if (which === 2) {
      const user = yield* db.getpwnam(arg);
      if (user === undefined) {
        yield* p.warnx(`unknown user ${arg}`);
        status = 1;
        continue;
      }
      who = user.uid;
    } else if (/^[0-9]+$/.test(arg)) who = Number(arg);
    else {
      yield* p.warnx(`invalid number '${arg}'`);
      status = 1;
      continue;
    }
    let doing = "getpriority";
    try {
      const now = relative ? p.sys.getpriority(which, who) : 0;
      doing = "setpriority";
      p.sys.setpriority(which, who, Math.max(-20, Math.min(19, now + amount)));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(doing, e);
      status = 1;
    }
  }
  return status;
}

export const renice: Applet = {
  name: "renice",
  path: "/usr/bin/renice",
  usage: `[-n] PRIORITY [[-p|g|u] ID...]...

Change the priority of running processes

	-n	Add PRIORITY to what it is
	-p	IDs are processes (the default)
	-g	IDs are process groups
	-u	IDs are users
`,
  main,
};

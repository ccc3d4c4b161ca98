// Taking on a user: ids, groups, environment, and his shell (su, login).
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { type Passwd, UserDb } from "../../libc/passwd.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";

const ROOT_PATH = "/sbin:/usr/sbin:/bin:/usr/bin";
const USER_PATH = "/bin:/usr/bin";

/** Groups and ids of a user, for good. */
export function* changeIdentity(p: Process, user: Passwd): Steps<void> {
  const { sys } = p;
  const groups = yield* new UserDb(sys).getgrouplist(user.name, user.gid);
  try {
    sys.setgroups(groups);
    sys.setgid(user.gid);
    sys.setuid(user.uid);
  } catch (e) {
    dieErrno("can't set groups", e);
  }
}

export interface Environment {
  /** Go home and forget the environment but for TERM. */
  login: boolean;
  /** With `login`: keep the environment. */
  preserve: boolean;
  /** Set HOME, SHELL, USER and LOGNAME. */
  identify: boolean;
}

/** The environment of a user. */
export function* setupEnvironment(
  p: Process,
  user: Passwd,
  shell: string,
  how: Environment,
): Steps<void> {
  const { env } = p;
  if (how.login) {
    try {
      p.sys.chdir(user.dir);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warnx(`can't change directory to '${user.dir}'`);
      p.sys.chdir("/");
    }
    if (!how.preserve) {
      const term = env.get("TERM");
      env.clear();
      if (term !== undefined) env.set("TERM", term);
      env.set("PATH", user.uid === 0 ? ROOT_PATH : USER_PATH);
    }
  }
  if (!how.identify) return;
  env.set("USER", user.name);
  env.set("LOGNAME", user.name);
  env.set("HOME", user.dir);
  env.set("SHELL", shell);
}

/** Replaces the program by a shell; a login shell's name begins with "-". */
export function* runShell(
  p: Process,
  shell: string,
  login: boolean,
  args: readonly string[],
): Steps<never> {
  const name = shell.slice(shell.lastIndexOf("/") + 1);
  const f = p.stdout.flush();
  if (f) yield* f;
  try {
    const call = p.sys.execve(shell, [login ? `-${name}` : name, ...args], p.environ());
    return typeof call === "object" ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(`can't execute '${shell}': ${strerror(e)}`);
  }
}

/** Only root gets on from here. */
export function needRoot(p: Process): void {
  if (p.sys.geteuid() !== 0) die("must be suid to work properly");
}

// How the host starts a program: directory, user, PATH search, the first exec; the errors container engines tell.
import { EACCES, EINVAL, ENOENT, ENOTDIR, Errno } from "../abi/errno.ts";
import { isSteps, type Program, type Steps, type Sys, settle } from "../abi/program.ts";
import { TIOCSCTTY } from "../abi/termios.ts";
import { parseId, UserDb } from "../libc/passwd.ts";

/** What to start, and as whom. */
export interface Launch {
  argv: readonly string[];
  env: readonly string[];
  cwd: string;
  /** "name", "uid", "name:group", "uid:gid"; empty for root. */
  user: string;
  /** Make descriptor 0 the controlling terminal. */
  tty: boolean;
  /** Told when the program could not be started: then the task ends with `status` 126 or 127. */
  failed: (message: string, status: number) => void;
}

interface Identity {
  uid: number;
  gid: number;
  groups: number[];
  home: string;
}

class LaunchError {
  readonly message: string;
  readonly status: number;
  constructor(message: string, status: number) {
    this.message = message;
    this.status = status;
  }
}

function* identify(sys: Sys, user: string): Steps<Identity> {
  const db = new UserDb(sys);
  const [name = "", group] = user.split(":");
  const id = parseId(name);
  const entry = yield* id === undefined ? db.getpwnam(name) : db.getpwuid(id);
  const uid = entry?.uid ?? id;
  if (uid === undefined) {
    throw new LaunchError(`unable to find user ${name}: no matching entries in passwd file`, 126);
  }
  let gid = entry?.gid ?? 0;
  if (group !== undefined) {
    const found = parseId(group) ?? (yield* db.getgrnam(group))?.gid;
    if (found === undefined) {
      throw new LaunchError(
        `unable to find group ${group}: no matching entries in group file`,
        126,
      );
    }
    gid = found;
  }
  const groups =
    entry === undefined || group !== undefined ? [gid] : yield* db.getgrouplist(entry.name, gid);
  return { uid, gid, groups, home: entry?.dir ?? "/" };
}

/** Where a command is, by PATH; an Errno when it is nowhere or may not be executed. */
function* execByPath(sys: Sys, argv: readonly string[], env: readonly string[]): Steps<Errno> {
  const name = argv[0] ?? "";
  const path = env.find((each) => each.startsWith("PATH="))?.slice(5) ?? "/bin:/usr/bin";
  const places = name.includes("/")
    ? [name]
    : path.split(":").map((dir) => (dir === "" ? name : `${dir}/${name}`));
  let worst: Errno = ENOENT;
  for (const place of places) {
    try {
      const steps = sys.execve(place, argv, env);
      if (isSteps(steps)) yield* steps;
    } catch (error) {
      if (!(error instanceof Errno)) throw error;
      if (error === EACCES) worst = EACCES;
      else if (error !== ENOENT && error !== ENOTDIR) return error;
    }
  }
  return worst;
}

function reason(error: Errno): string {
  if (error === ENOENT) return "executable file not found in $PATH";
  if (error === EACCES) return "permission denied";
  if (error === EINVAL) return "invalid argument";
  return error.code === "ENOEXEC" ? "exec format error" : error.code;
}

/** The program that becomes the wanted one. */
export function launcher(launch: Launch): Program {
  return function* start(sys): Steps<number> {
    try {
      const who =
        launch.user === ""
          ? { uid: 0, gid: 0, groups: [0], home: "/root" }
          : yield* identify(sys, launch.user);
      if (launch.tty) yield* settle(sys.ioctl(0, TIOCSCTTY, 0));
      // Everybody's directory is reachable for root only before the ids change, as runc does it.
      try {
        sys.chdir(launch.cwd);
      } catch (error) {
        if (!(error instanceof Errno)) throw error;
        throw new LaunchError(`chdir to cwd ("${launch.cwd}"): ${error.code}`, 126);
      }
      if (who.uid !== 0 || who.gid !== 0) {
        sys.setgroups(who.groups);
        sys.setgid(who.gid);
        sys.setuid(who.uid);
      }
      const env = launch.env.some((each) => each.startsWith("HOME="))
        ? launch.env
        : [...launch.env, `HOME=${who.home}`];
      const error = yield* execByPath(sys, launch.argv, env);
      const status = error === ENOENT || error === ENOTDIR ? 127 : 126;
      throw new LaunchError(`exec: "${launch.argv[0]}": ${reason(error)}`, status);
    } catch (error) {
      if (!(error instanceof LaunchError)) throw error;
      launch.failed(error.message, error.status);
      return error.status;
    }
  };
}

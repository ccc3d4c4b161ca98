// The child that becomes a daemon: identity, limits, streams; shared by start-stop-daemon and supervise-daemon.
import { ENOENT, Errno } from "../../abi/errno.ts";
import {
  F_SETFD,
  FD_CLOEXEC,
  O_APPEND,
  O_CREAT,
  O_NOCTTY,
  O_RDWR,
  O_WRONLY,
} from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { PRIO_PROCESS } from "../../abi/resource.ts";
import { TIOCNOTTY } from "../../abi/termios.ts";
import { UserDb } from "../../libc/passwd.ts";
import { Exit } from "../../libc/process.ts";
import { execvp } from "../../libc/spawn.ts";
import { Output } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open, readDir, writeFile } from "../../libc/unistd.ts";
import { type Capabilities, capabilitiesOf } from "./capabilities.ts";
import { done, exists } from "./dirs.ts";
import { scanInt, wholeInt } from "./numbers.ts";
import { LIBEXECDIR } from "./paths.ts";
import type { Rc } from "./rc.ts";
import type { OptionLine } from "./usage.ts";

/** What a daemon is given. */
export class Identity {
  /** Its user's name, if it changes. */
  user: string | undefined;
  uid = 0;
  gid = 0;
  home: string | undefined;
  nice: number | undefined;
  ioprio: readonly [level: number, data: number] | undefined;
  oomScoreAdj: number | undefined;
  chdir: string | undefined;
  chroot: string | undefined;
  umask = 0o022;
  capabilities: Capabilities | undefined;
  secbits = 0;
  noNewPrivs = false;
  stdout: string | undefined;
  stderr: string | undefined;
  stdoutLogger: string | undefined;
  stderrLogger: string | undefined;
}

const IOPRIO_WHO_PROCESS = 1;

/** Options that both programs have. */
export const IDENTITY_OPTIONS: readonly OptionLine[] = [
  ["capabilities", "capabilities", "<arg>", "Capabilities to keep and to drop"],
  ["secbits", "secbits", "<arg>", "Security bits"],
  ["no-new-privs", "no-new-privs", "", "Never gain privileges"],
  ["d", "chdir", "<arg>", "Directory to run in"],
  ["e", "env", "<arg>", "A variable of its environment"],
  ["g", "group", "<arg>", "Group to run as"],
  ["I", "ionice", "<arg>", "Class and priority of input and output"],
  ["k", "umask", "<arg>", "Mask of new files"],
  ["N", "nicelevel", "<arg>", "Priority"],
  ["oom-score-adj", "oom-score-adj", "<arg>", "Adjustment of its score when memory runs out"],
  ["r", "chroot", "<arg>", "Root directory"],
  ["u", "user", "<arg>", "User to run as"],
  ["1", "stdout", "<arg>", "File for its output"],
  ["2", "stderr", "<arg>", "File for its errors"],
];

/** Takes one of {@link IDENTITY_OPTIONS}; false when it is another. */
export function* identityOption(rc: Rc, id: Identity, key: string, value: string): Steps<boolean> {
  const { einfo, applet } = rc;
  switch (key) {
    case "capabilities":
      id.capabilities =
        capabilitiesOf(value) ?? (yield* einfo.eerrorx("Could not parse iab: Invalid argument"));
      return true;
    case "secbits":
      id.secbits = yield* secbitsOf(rc, value);
      return true;
    case "no-new-privs":
      id.noNewPrivs = true;
      return true;
    case "d":
      id.chdir = value;
      return true;
    case "e": {
      const eq = value.indexOf("=");
      if (eq > 0) rc.setenv(value.slice(0, eq), value.slice(eq + 1));
      else rc.p.env.delete(value);
      return true;
    }
    case "g":
      id.gid = yield* groupOf(rc, value);
      return true;
    case "I":
      yield* ionice(rc, id, value, `invalid ionice \`${value}'`);
      return true;
    case "k":
      if (!/^[0-7]{1,4}$/.test(value)) yield* einfo.eerrorx(`${applet}: invalid mode \`${value}'`);
      id.umask = Number.parseInt(value, 8);
      return true;
    case "N":
      id.nice = scanInt(value);
      if (id.nice === undefined) yield* einfo.eerrorx(`${applet}: invalid nice level \`${value}'`);
      return true;
    case "oom-score-adj":
      id.oomScoreAdj = scanInt(value);
      if (id.oomScoreAdj === undefined)
        yield* einfo.eerrorx(`${applet}: invalid oom-score-adj \`${value}'`);
      return true;
    case "r":
      id.chroot = value;
      return true;
    case "u":
      yield* changeUser(rc, id, value);
      return true;
    case "1":
      id.stdout = value;
      return true;
    case "2":
      id.stderr = value;
      return true;
    default:
      return false;
  }
}

function* secbitsOf(rc: Rc, text: string): Steps<number> {
  if (text === "") yield* rc.einfo.eerrorx("Secbits are empty");
  const found = /^(0x[0-9a-f]+|[0-9]+)(.?)/is.exec(text);
  const rest = found === null ? text.slice(0, 1) : found[2];
  if (rest !== "") yield* rc.einfo.eerrorx(`Could not parse secbits: invalid char ${rest}`);
  const digits = found?.[1] ?? "0";
  return /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}

/** "CLASS:LEVEL". */
function* ionice(rc: Rc, id: Identity, value: string, why: string): Steps<void> {
  const found = /^[ \t]*([-+]?[0-9]+)(?::([-+]?[0-9]+))?/.exec(value);
  if (found === null) return void (yield* rc.einfo.eerrorx(`${rc.applet}: ${why}`));
  const level = Number(found[1]);
  const data = level === 0 ? 0 : level === 3 ? 7 : Number(found[2] ?? 0);
  id.ioprio = [level << 13, data];
}

function* groupOf(rc: Rc, text: string): Steps<number> {
  const db = new UserDb(rc.sys);
  const number = scanInt(text);
  const group = number === undefined ? yield* db.getgrnam(text) : yield* db.getgrgid(number);
  return group?.gid ?? (yield* rc.einfo.eerrorx(`${rc.applet}: group \`${text}' not found`));
}

function* changeUser(rc: Rc, id: Identity, text: string): Steps<void> {
  const db = new UserDb(rc.sys);
  const [name = "", group] = text.split(":");
  const number = wholeInt(name);
  const user = number === undefined ? yield* db.getpwnam(name) : yield* db.getpwuid(number);
  if (user === undefined) return yield* rc.einfo.eerrorx(`${rc.applet}: user \`${name}' not found`);
  id.user = user.name;
  id.uid = user.uid;
  id.home = user.dir;
  rc.setenv("HOME", user.dir);
  rc.setenv("USER", user.name);
  if (id.gid === 0) id.gid = user.gid;
  if (group !== undefined) id.gid = yield* groupOf(rc, group);
}

/** Settings that come by the environment, and $USER and $HOME where they are missing. */
export function* identityEnvironment(rc: Rc, id: Identity): Steps<void> {
  const nice = rc.env("SSD_NICELEVEL");
  if (nice !== undefined) {
    id.nice = scanInt(nice);
    if (id.nice === undefined)
      yield* rc.einfo.eerror(`${rc.applet}: invalid nice level \`${nice}' (SSD_NICELEVEL)`);
  }
  const io = rc.env("SSD_IONICELEVEL");
  if (io !== undefined)
    yield* ionice(rc, id, io, `invalid ionice level \`${io}' (SSD_IONICELEVEL)`);
  const oom = rc.env("SSD_OOM_SCORE_ADJ");
  if (oom !== undefined) {
    id.oomScoreAdj = scanInt(oom);
    if (id.oomScoreAdj === undefined)
      yield* rc.einfo.eerror(`${rc.applet}: invalid oom_score_adj \`${oom}' (SSD_OOM_SCORE_ADJ)`);
  }
  id.home = rc.env("HOME");
  if (id.home !== undefined && rc.env("USER") !== undefined) return;
  const user = yield* new UserDb(rc.sys).getpwuid(rc.sys.getuid());
  if (user === undefined) return;
  if (rc.env("USER") === undefined) rc.setenv("USER", user.name);
  if (id.home === undefined) {
    id.home = user.dir;
    rc.setenv("HOME", user.dir);
  }
}

/** A path with "~" or "~USER" in front made whole. */
export function* expandHome(rc: Rc, id: Identity, path: string): Steps<string> {
  const found = /^~([^/]*)(.*)$/s.exec(path);
  if (found === null) return path;
  const [, name, rest] = found as unknown as [string, string, string];
  const home = name === "" ? id.home : (yield* new UserDb(rc.sys).getpwnam(name))?.dir;
  return home === undefined ? path : home + rest;
}

/** Expands what of the identity may begin with "~". */
export function* expandPlaces(rc: Rc, id: Identity): Steps<void> {
  if (id.chdir !== undefined) id.chdir = yield* expandHome(rc, id, id.chdir);
  if (id.chroot !== undefined) id.chroot = yield* expandHome(rc, id, id.chroot);
}

/** The file of a program, within the root directory it will have; undefined for one not in $PATH. */
export function programFile(rc: Rc, id: Identity, program: string): string | undefined {
  const root = id.chroot === undefined ? "" : `${id.chroot}/`;
  if (/^[/.]/.test(program)) return root + program;
  const dirs = (rc.env("PATH") ?? "").split(":");
  return dirs.map((dir) => `${root}${dir}/${program}`).find((file) => exists(rc.sys, file));
}

/** The environment of a daemon: without OpenRC's own variables and places. */
export function daemonEnvironment(rc: Rc): string[] {
  const own = /^(?:RC_(?!(?:SERVICE|SVCNAME)$)|SSD_(?:NICELEVEL|IONICELEVEL|OOM_SCORE_ADJ)$)/;
  const places = [`${LIBEXECDIR}/bin`, `${LIBEXECDIR}/sbin`];
  const list: string[] = [];
  for (const [name, value] of rc.p.env) {
    if (own.test(name)) continue;
    const kept = (v: string): string =>
      v
        .split(":")
        .filter((dir) => dir !== "" && !places.includes(dir))
        .join(":");
    list.push(`${name}=${name === "PATH" ? kept(value) : value}`);
  }
  return list;
}

/** The child's side: all that is told goes to its own stderr. */
export class DaemonChild {
  readonly #rc: Rc;
  readonly #sys: Sys;
  readonly #id: Identity;

  constructor(rc: Rc, sys: Sys, id: Identity) {
    this.#rc = rc;
    this.#sys = sys;
    this.#id = id;
  }

  *fail(text: string): Steps<never> {
    const w = new Output(this.#sys, 2, true).puts(` * ${this.#rc.applet}: ${text}\n`);
    if (w) yield* w;
    throw new Exit(1);
  }

  *#try(what: string, call: () => void): Steps<void> {
    try {
      call();
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.fail(`${what}: ${strerror(e)}`);
    }
  }

  /** A session of its own, priorities and places. */
  *settle(): Steps<void> {
    const sys = this.#sys;
    const id = this.#id;
    const { nice, ioprio, oomScoreAdj, chroot, chdir } = id;
    done(() => sys.setsid());
    if (nice !== undefined)
      yield* this.#try(`setpriority ${nice}`, () => sys.setpriority(PRIO_PROCESS, 0, nice));
    if (ioprio !== undefined) {
      const [level, data] = ioprio;
      yield* this.#try(`ioprio_set ${level} ${data}`, () =>
        sys.ioprio_set(IOPRIO_WHO_PROCESS, 0, level | data),
      );
    }
    if (oomScoreAdj !== undefined) {
      try {
        yield* writeFile(sys, "/proc/self/oom_score_adj", `${oomScoreAdj}\n`);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* this.fail(`oom_score_adj ${oomScoreAdj}: ${strerror(e)}`);
      }
    }
    if (chroot !== undefined) yield* this.#try(`chroot \`${chroot}'`, () => sys.chroot(chroot));
    if (chdir !== undefined) yield* this.#try(`chdir \`${chdir}'`, () => sys.chdir(chdir));
  }

  /** Its user and groups. */
  *become(): Steps<void> {
    const sys = this.#sys;
    const { uid, gid, user, capabilities, secbits, noNewPrivs } = this.#id;
    if (gid !== 0 && !done(() => sys.setgid(gid)))
      yield* this.fail(`unable to set groupid to ${gid}`);
    if (user !== undefined) {
      const groups = yield* new UserDb(sys).getgrouplist(user, gid);
      if (!done(() => sys.setgroups([...new Set(groups)])))
        yield* this.fail(`initgroups (${user}, ${gid})`);
    }
    if (capabilities !== undefined)
      yield* this.#try("Could not set iab", () => {
        sys.capset(capabilities.inheritable, capabilities.ambient, capabilities.dropped);
      });
    if (uid !== 0 && !done(() => sys.setuid(uid)))
      yield* this.fail(`unable to set userid to ${uid}`);
    // Nothing here can be made to treat root as if it were nobody special.
    if (secbits !== 0)
      yield* this.fail(
        `Could not set securebits to 0x${secbits.toString(16)}: Operation not permitted`,
      );
    if (noNewPrivs) sys.prctl_no_new_privs();
  }

  /** Leaves the terminal that it was started on. */
  *leaveTerminal(): Steps<void> {
    const sys = this.#sys;
    try {
      let tty = open(sys, "/dev/tty", O_RDWR | O_NOCTTY);
      if (isSteps(tty)) tty = yield* tty;
      const fd = tty;
      try {
        const call = sys.ioctl(fd, TIOCNOTTY, 0);
        if (isSteps(call)) yield* call;
      } finally {
        sys.close(fd);
      }
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  /** Streams: to files, to loggers, or to nowhere. `all` cuts even those that nothing is said of. */
  *streams(all: { stdin: boolean; output: boolean }, mode: number): Steps<void> {
    const sys = this.#sys;
    const id = this.#id;
    let null_ = open(sys, "/dev/null", O_RDWR);
    if (isSteps(null_)) null_ = yield* null_;
    const out = yield* this.#target("stdout", id.stdout, id.stdoutLogger, mode);
    const err = yield* this.#target("stderr", id.stderr, id.stderrLogger, mode);
    const quiet = /^(?:yes|y|true|1)$/i.test(this.#rc.env("EINFO_QUIET") ?? "");
    if (all.stdin) sys.dup2(null_, 0);
    if (out !== undefined || all.output || quiet) sys.dup2(out ?? null_, 1);
    if (err !== undefined || all.output || quiet) sys.dup2(err ?? null_, 2);
    const entries = yield* readDir(sys, "/proc/self/fd");
    for (const { name } of entries)
      if (Number(name) > 2) done(() => sys.fcntl(Number(name), F_SETFD, FD_CLOEXEC));
  }

  *#target(
    what: string,
    file: string | undefined,
    logger: string | undefined,
    mode: number,
  ): Steps<number | undefined> {
    const sys = this.#sys;
    if (file !== undefined) {
      try {
        const call = open(sys, file, O_WRONLY | O_CREAT | O_APPEND, mode);
        return isSteps(call) ? yield* call : call;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* this.fail(`unable to open the logfile for ${what} \`${file}': ${strerror(e)}`);
      }
    }
    return logger === undefined ? undefined : this.#pipeTo(logger);
  }

  /** Starts a shell command that reads what is written to the descriptor. */
  #pipeTo(command: string): number {
    const sys = this.#sys;
    const [from, to] = sys.pipe2(0);
    const envp = this.#rc.p.environ();
    sys.fork(function* (child) {
      child.close(to);
      if (from !== 0) {
        child.dup2(from, 0);
        child.close(from);
      }
      const call = child.execve("/bin/sh", ["sh", "-c", command], envp);
      return isSteps(call) ? yield* call : call;
    });
    sys.close(from);
    return to;
  }

  /** Becomes the daemon. */
  *exec(program: string, argv: readonly string[]): Steps<number> {
    const envp = daemonEnvironment(this.#rc);
    const path = envp.find((entry) => entry.startsWith("PATH="))?.slice(5);
    try {
      // execvp looks for the program, not for the name it is given.
      if (program.includes("/")) {
        const call = this.#sys.execve(program, argv, envp);
        return isSteps(call) ? yield* call : call;
      }
      if (argv[0] === program) return yield* execvp(this.#sys, argv, envp, path);
      const dirs = (path ?? "").split(":");
      const file = dirs.map((dir) => `${dir}/${program}`).find((f) => exists(this.#sys, f));
      if (file === undefined) throw ENOENT;
      const call = this.#sys.execve(file, argv, envp);
      return isSteps(call) ? yield* call : call;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return yield* this.fail(`failed to exec \`${program}': ${strerror(e)}`);
    }
  }
}

/** The pid in a file; undefined when there is none to be read. */
export function* pidOf(rc: Rc, file: string): Steps<number | Errno> {
  const { einfo, applet } = rc;
  try {
    let fd = open(rc.sys, file);
    if (isSteps(fd)) fd = yield* fd;
    const opened = fd;
    try {
      let chunk = rc.sys.read(opened, 64);
      if (isSteps(chunk)) chunk = yield* chunk;
      const pid = scanInt(String.fromCharCode(...chunk));
      if (pid !== undefined) return pid;
      yield* einfo.vewarn(`${applet}: no pid found in \`${file}'`);
      return -1;
    } finally {
      rc.sys.close(opened);
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.vewarn(`${applet}: fopen \`${file}': ${strerror(e)}`);
    return e;
  }
}

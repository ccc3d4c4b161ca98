// crond: runs what users' crontabs say, when they say it (cron(8))
import { ECHILD, EINTR, ENOENT, Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_RDWR, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import { WNOHANG } from "../../abi/signal.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { type Passwd, UserDb } from "../../libc/passwd.ts";
import { dieErrno, Process } from "../../libc/process.ts";
import { LOG_CRON, Syslog } from "../../libc/syslog.ts";
import { localtime, type Zone } from "../../libc/time/zone.ts";
import { timezone } from "../../libc/tzset.ts";
import { open, readDir, readText, unlink, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { becomeDaemon } from "../libbb/daemon.ts";
import { CRON_UPDATE, CRONTABS } from "./crontab.ts";
import { type CronJob, isDue, parseCrontab } from "./crontab-file.ts";

const MINUTE = 60;
/** The most minutes that are made up for when the machine slept. */
const LATE_MAX = 60;
const REBOOT_MARK = "/run/crond.reboot";
const NOTICE = 5;
const INFO = 6;
const ERROR = 3;

/** A user's crontab. */
interface Table {
  readonly user: Passwd;
  readonly jobs: CronJob[];
}

class Crond {
  readonly #p: Process;
  readonly #dir: string;
  readonly #level: number;
  readonly #zone: Zone;
  readonly #syslog: Syslog | undefined;
  readonly #logFd: number;
  readonly #tables = new Map<string, Table>();

  constructor(p: Process, dir: string, level: number, zone: Zone, logFd: number | undefined) {
    this.#p = p;
    this.#dir = dir;
    this.#level = level;
    this.#zone = zone;
    this.#syslog =
      logFd === undefined ? new Syslog(p.sys, `crond[${p.sys.getpid()}]`, zone) : undefined;
    this.#logFd = logFd ?? 2;
  }

  /** `level` is crond's own: 5 for each job, 7 for notes, 8 for what is always said, 9 for errors. */
  *log(level: number, message: string): Steps<void> {
    if (level < this.#level) return;
    if (this.#syslog !== undefined) {
      const priority = level > 8 ? ERROR : level === 8 ? NOTICE : INFO;
      yield* this.#syslog.send(LOG_CRON + priority, message);
      return;
    }
    try {
      yield* writeAll(this.#p.sys, this.#logFd, bytesOf(`crond: ${message}\n`));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }

  *#loadTable(name: string): Steps<void> {
    this.#tables.delete(name);
    const user = yield* new UserDb(this.#p.sys).getpwnam(name);
    if (user === undefined) {
      yield* this.log(7, `ignoring file '${name}' (no such user)`);
      return;
    }
    const text = yield* readText(this.#p.sys, `${this.#dir}/${name}`, 1 << 20);
    if (text === undefined) return;
    const bad: string[] = [];
    const jobs = parseCrontab(text, (line) => bad.push(line));
    for (const line of bad) yield* this.log(9, `user ${name}: parse error at ${line}`);
    this.#tables.set(name, { user, jobs });
  }

  *loadAll(): Steps<void> {
    this.#tables.clear();
    let entries: { name: string }[] = [];
    try {
      entries = yield* readDir(this.#p.sys, this.#dir);
    } catch (e) {
      dieErrno(`can't change directory to '${this.#dir}'`, e);
    }
    for (const { name } of entries)
      if (!name.startsWith(".") && name !== CRON_UPDATE) yield* this.#loadTable(name);
  }

  /** What crontab(1) says has changed. */
  *loadChanged(): Steps<void> {
    const path = `${this.#dir}/${CRON_UPDATE}`;
    const text = yield* readText(this.#p.sys, path, 1 << 16);
    if (text === undefined) return;
    unlink(this.#p.sys, path);
    for (const name of new Set(text.split("\n"))) if (name !== "") yield* this.#loadTable(name);
  }

  *runDue(seconds: number): Steps<void> {
    const tm = localtime(seconds, this.#zone);
    if (tm === undefined) return;
    for (const { user, jobs } of this.#tables.values())
      for (const job of jobs) if (job.pid === 0 && isDue(job, tm)) yield* this.#start(user, job);
  }

  /** Those for when the machine starts, once. */
  *runReboot(): Steps<void> {
    const { sys } = this.#p;
    try {
      const fd = yield* settle(open(sys, REBOOT_MARK, O_WRONLY | O_CREAT | 0o200, 0o644));
      sys.close(fd);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return;
    }
    for (const { user, jobs } of this.#tables.values())
      for (const job of jobs) if (job.reboot) yield* this.#start(user, job);
  }

  *#start(user: Passwd, job: CronJob): Steps<void> {
    const { sys } = this.#p;
    const groups = yield* new UserDb(sys).getgrouplist(user.name, user.gid);
    try {
      job.pid = sys.fork((child) => this.#child(child, user, groups, job));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.log(9, `can't start '${job.command}'`);
      return;
    }
    yield* this.log(8, `USER ${user.name} pid ${String(job.pid).padStart(3)} cmd ${job.command}`);
  }

  *#child(sys: Sys, user: Passwd, groups: number[], job: CronJob): Steps<number> {
    try {
      sys.setgroups(groups);
      sys.setgid(user.gid);
      sys.setuid(user.uid);
      sys.setpgid(0, 0);
      try {
        sys.chdir(user.dir);
      } catch (e) {
        if (e !== ENOENT) throw e;
        sys.chdir("/");
      }
      const shell = job.variables.get("SHELL") ?? "/bin/sh";
      const env = new Map([
        ["USER", user.name],
        ["LOGNAME", user.name],
        ["HOME", user.dir],
        ["SHELL", shell],
        ["PATH", this.#p.env.get("PATH") ?? "/sbin:/bin:/usr/sbin:/usr/bin"],
        ...job.variables,
      ]);
      const envp = Array.from(env, ([name, value]) => `${name}=${value}`);
      const fd = yield* settle(open(sys, "/dev/null", O_RDWR));
      sys.dup2(fd, 0);
      return yield* settle(sys.execve(shell, [shell.replace(/.*\//, ""), "-c", job.command], envp));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* this.log(9, `can't run '${job.command}' for ${user.name}: ${e.code}`);
      return 1;
    }
  }

  *reap(): Steps<void> {
    for (;;) {
      try {
        let waited = this.#p.sys.wait4(-1, WNOHANG);
        if (isSteps(waited)) waited = yield* waited;
        if (waited === undefined) return;
        for (const { jobs } of this.#tables.values())
          for (const job of jobs) if (job.pid === waited.pid) job.pid = 0;
      } catch (e) {
        if (e === ECHILD) return;
        if (e !== EINTR) throw e;
      }
    }
  }
}

function* serve(p: Process, crond: Crond): Steps<number> {
  const now = (): number => p.sys.clock_gettime(CLOCK_REALTIME).sec;
  yield* crond.loadAll();
  yield* crond.runReboot();
  let done = Math.floor(now() / MINUTE);
  for (;;) {
    const time = p.sys.clock_gettime(CLOCK_REALTIME);
    const into = (time.sec % MINUTE) * 1000 + time.nsec / 1e6;
    try {
      yield* settle(p.sys.nanosleep(MINUTE * 1000 - into + 1));
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    yield* crond.reap();
    yield* crond.loadChanged();
    const minute = Math.floor(now() / MINUTE);
    // A clock that was set back, or far ahead, makes nobody run everything.
    if (minute < done || minute > done + LATE_MAX) {
      yield* crond.log(9, `time disparity of ${minute - done} minutes detected`);
      done = minute - 1;
    }
    while (done < minute) yield* crond.runDue(++done * MINUTE);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "l:L:fbSc:d:", { max: 0 });
  const debug = opt.get("d");
  const level = Number(debug ?? opt.get("l") ?? 8);
  const file = opt.get("L");
  let logFd: number | undefined = debug === undefined ? undefined : 2;
  if (file !== undefined && debug === undefined) {
    try {
      logFd = yield* settle(open(p.sys, file, O_WRONLY | O_CREAT | O_APPEND, 0o666));
    } catch (e) {
      dieErrno(`can't open '${file}'`, e);
    }
  }
  const zone = yield* timezone(p);
  const foreground = opt.has("f") || debug !== undefined;
  const run = function* (sys: Sys): Steps<number> {
    const self = foreground ? p : new Process(sys, p.argv, p.environ());
    const crond = new Crond(self, opt.get("c") ?? CRONTABS, level, zone, logFd);
    yield* crond.log(8, `crond (busybox 1.36.1) started, log level ${level}`);
    return yield* serve(self, crond);
  };
  if (foreground) return yield* run(p.sys);
  p.sys.fork(function* (sys) {
    yield* becomeDaemon(sys);
    return yield* run(sys);
  });
  return 0;
}

export const crond: Applet = {
  name: "crond",
  path: "/usr/sbin/crond",
  usage: `[-fbS] [-l N] [-d N] [-L FILE] [-c DIR]

Run the jobs of users' crontabs

	-f	Stay in the foreground
	-b	Go to the background (default)
	-S	Log to syslogd (default)
	-l N	Say what is of level N and above: 0 everything, 8 little (default)
	-d N	The same, on stderr
	-L FILE	Log to a file
	-c DIR	Where crontabs are (/var/spool/cron/crontabs)
`,
  main,
};

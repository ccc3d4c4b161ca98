// start-stop-daemon: starts daemons, and finds and stops them again (start-stop-daemon(8)).
import { EINTR, ENOENT, Errno } from "../abi/errno.ts";
import { O_CLOEXEC } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps, type Sys } from "../abi/program.ts";
import { SIGINT, SIGKILL, SIGQUIT, SIGTERM, WEXITSTATUS, WIFEXITED } from "../abi/signal.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { readText, unlink, writeFile } from "../libc/unistd.ts";
import { yesno } from "./librc/conf.ts";
import { daemonSet, findPids, type Wanted } from "./librc/daemon.ts";
import {
  DaemonChild,
  expandHome,
  expandPlaces,
  IDENTITY_OPTIONS,
  Identity,
  identityEnvironment,
  identityOption,
  pidOf,
  programFile,
} from "./librc/daemon-process.ts";
import { done, exists } from "./librc/dirs.ts";
import { scanInt } from "./librc/numbers.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { parseSchedule, parseSignal, runSchedule, signalAll } from "./librc/schedule.ts";
import { Abort, defaultSignals } from "./librc/signals.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "I:KN:PR:Sa:bc:d:e:g:ik:mn:op:s:tu:r:w:x:1:2:3:4:",
  options: [
    ["K", "stop", "", "Stop the daemon"],
    ["S", "start", "", "Start the daemon"],
    ["R", "retry", "<arg>", "Signals and waits when stopping"],
    ["a", "startas", "<arg>", "Old: see --exec and --name"],
    ["b", "background", "", "Put the daemon into the background"],
    ["c", "chuid", "<arg>", "Old: see --user"],
    ["i", "interpreted", "", "The daemon is a script: find it by its interpreter"],
    ["m", "make-pidfile", "", "Write its pid to the file"],
    ["n", "name", "<arg>", "Its name"],
    ["o", "oknodo", "", "Old"],
    ["p", "pidfile", "<arg>", "The file its pid is in"],
    ["s", "signal", "<arg>", "A signal to send"],
    ["t", "test", "", "Only tell what would be done"],
    ["w", "wait", "<arg>", "Milliseconds after which it must be alive"],
    ["x", "exec", "<arg>", "The program"],
    ["3", "stdout-logger", "<arg>", "Command for its output"],
    ["4", "stderr-logger", "<arg>", "Command for its errors"],
    ["P", "progress", "", "A dot each second of waiting"],
    ["scheduler", "scheduler", "<arg>", "Scheduling policy"],
    ["scheduler-priority", "scheduler-priority", "<arg>", "Scheduling priority"],
    ...IDENTITY_OPTIONS,
  ],
};

/** What the command line says. */
class Request {
  readonly id = new Identity();
  readonly flags = new Set<string>();
  exec: string | undefined;
  startas: string | undefined;
  name: string | undefined;
  pidfile: string | undefined;
  retry: string | undefined;
  signo: number | undefined;
  wait = 0;
  scheduler: string | undefined;
  /** The daemon's arguments, its name first. */
  argv: string[] = [];
  /** What to find it by, where that is something else than its arguments. */
  match: string[] | undefined;

  get stopping(): boolean {
    return this.flags.has("K") || this.signo !== undefined;
  }
  get wanted(): Wanted {
    return { exec: this.exec, argv: this.match ?? this.argv, uid: this.id.uid };
  }
}

function* option(rc: Rc, r: Request, key: string, value: string): Steps<void> {
  const { einfo, applet } = rc;
  if (yield* identityOption(rc, r.id, key === "c" ? "u" : key, value)) {
    if (key === "c")
      yield* einfo.ewarn(
        "WARNING: -c/--chuid is deprecated and will be removed in the future, please use -u/--user instead",
      );
    return;
  }
  switch (key) {
    case "R":
      r.retry = value;
      break;
    case "a":
      yield* einfo.ewarn(
        "WARNING: -a/--startas is deprecated and will be removed in the future, please use -x/--exec or -n/--name instead",
      );
      r.startas = value;
      break;
    case "n":
      r.name = value;
      break;
    case "o":
      yield* einfo.ewarn("WARNING: -o/--oknodo is deprecated and will be removed in the future");
      r.flags.add("o");
      break;
    case "p":
      r.pidfile = value;
      break;
    case "s":
      r.signo = yield* parseSignal(rc, value);
      break;
    case "w": {
      const wait = scanInt(value);
      if (wait === undefined) yield* einfo.eerrorx(`${applet}: \`${value}' not a number`);
      r.wait = wait ?? 0;
      break;
    }
    case "x":
      r.exec = value;
      break;
    case "3":
      r.id.stdoutLogger = value;
      break;
    case "4":
      r.id.stderrLogger = value;
      break;
    case "scheduler":
    case "scheduler-priority":
      r.scheduler = value;
      break;
    default:
      r.flags.add(key);
  }
}

/** Options that only make sense together. */
function* consistent(rc: Rc, r: Request): Steps<void> {
  const { einfo, applet } = rc;
  const { id, flags } = r;
  const files = id.stdout !== undefined || id.stderr !== undefined;
  const loggers = id.stdoutLogger !== undefined || id.stderrLogger !== undefined;
  const only = (what: string, other: string): Steps<never> =>
    einfo.eerrorx(`${applet}: ${what} only relevant with ${other}`);
  if (r.stopping) {
    if (r.argv.length === 0 && !r.pidfile && !r.name && id.uid === 0)
      yield* einfo.eerrorx(`${applet}: --stop needs --exec, --pidfile, --name or --user`);
    if (flags.has("b")) yield* only("--background is", "--start");
    if (flags.has("m")) yield* only("--make-pidfile is", "--start");
    if (files) yield* only("--stdout and --stderr are", "--start");
    if (loggers) yield* only("--stdout-logger and --stderr-logger are", "--start");
    if (r.wait > 0)
      yield* einfo.ewarn("using --wait with --stop has no effect, use --retry instead");
    return;
  }
  if (r.exec === undefined) yield* einfo.eerrorx(`${applet}: nothing to start`);
  if (flags.has("m") && r.pidfile === undefined) yield* only("--make-pidfile is", "--pidfile");
  if (files && !flags.has("b")) yield* only("--stdout and --stderr are", "--background");
  if (loggers && !flags.has("b"))
    yield* only("--stdout-logger and --stderr-logger are", "--background");
  for (const [one, other, name] of [
    [id.stdout, id.stdoutLogger, "stdout"],
    [id.stderr, id.stderrLogger, "stderr"],
  ] as const)
    if (one !== undefined && other !== undefined)
      yield* einfo.eerrorx(`${applet}: do not use --${name} and --${name}-logger together`);
}

/** Program, name and arguments out of --exec, --startas, --name and what follows the options. */
function arrange(r: Request, operands: string[]): void {
  if (r.exec === undefined) r.exec = r.startas;
  else r.name ??= r.startas;
  r.argv = operands;
  if (r.exec === undefined) {
    r.exec = operands[0] ?? r.name;
    if (r.name !== undefined && r.flags.has("S")) operands[0] = r.name;
  } else r.argv = [r.name ?? r.exec, ...operands];
}

/** A script is found by its interpreter: that comes in front of what is looked for. */
function* interpreter(rc: Rc, r: Request, file: string | undefined): Steps<void> {
  if (!r.flags.has("i") || r.pidfile !== undefined || file === undefined) return;
  const line = ((yield* readText(rc.sys, file)) ?? "").split("\n", 1)[0] ?? "";
  const found = /^#![ \t]*([^ ]+) ?(.*)$/s.exec(line);
  if (found === null) return;
  const [, program, argument] = found as unknown as [string, string, string];
  r.match = [program, ...(argument === "" ? [] : [argument]), ...r.argv];
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  const abort = new Abort(rc);
  const r = new Request();
  yield* identityEnvironment(rc, r.id);
  const operands = yield* rcOptions(rc, USAGE, (key, value) => option(rc, r, key, value));
  const { flags, id } = r;
  const gentle = ![SIGINT, SIGTERM, SIGQUIT, SIGKILL].includes(r.signo ?? 0);
  if (!flags.has("S") && !flags.has("K") && gentle) flags.add("o");
  arrange(r, operands);
  yield* consistent(rc, r);
  yield* expandPlaces(rc, id);
  let file: string | undefined;
  if (r.exec !== undefined) {
    r.exec = yield* expandHome(rc, id, r.exec);
    file = programFile(rc, id, r.exec);
  }
  if (flags.has("S") && (file === undefined || !exists(sys, file))) {
    yield* einfo.eerror(`${applet}: ${file ?? r.exec} does not exist`);
    return 1;
  }
  if (flags.has("S") && r.retry !== undefined)
    yield* einfo.ewarn("using --retry with --start has no effect, use --wait instead");
  yield* interpreter(rc, r, file);
  return r.stopping ? yield* stop(rc, r, abort) : yield* start(rc, r, abort);
}

function* stop(rc: Rc, r: Request, abort: Abort): Steps<number> {
  const { sys } = rc;
  const { flags } = r;
  const signo = r.signo ?? SIGTERM;
  const test = flags.has("t");
  if (!flags.has("K")) flags.add("o");
  const lenient = flags.has("o");
  const text = r.retry ?? (test || lenient ? "0" : undefined);
  const schedule = yield* parseSchedule(rc, text, signo);
  let pid = 0;
  if (r.pidfile !== undefined) {
    const found = yield* pidOf(rc, r.pidfile);
    if (found instanceof Errno && found !== ENOENT) throw new Exit(1);
    pid = found instanceof Errno ? -1 : found;
  }
  const manner = { test, progress: flags.has("P"), quiet: false, abort };
  const any = pid > 0 || r.exec !== undefined || r.id.uid !== 0 || r.argv.length > 0;
  const count = any ? yield* runSchedule(rc, schedule, { ...r.wanted, pid }, manner) : 0;
  if (count < 0) return 1;
  if (test || lenient) return count > 0 ? 0 : 1;
  // Whether it ran or had died: nothing of it is left now.
  const { pidfile } = r;
  if (pidfile !== undefined) done(() => unlink(sys, pidfile));
  if (rc.self !== undefined)
    yield* daemonSet(sys, rc.self, { exec: r.exec, argv: r.argv, pidfile }, false);
  return 0;
}

function* start(rc: Rc, r: Request, abort: Abort): Steps<number> {
  const { sys, einfo, applet } = rc;
  const { flags, id, pidfile } = r;
  const exec = r.exec as string;
  let wanted: Wanted = { exec, argv: r.argv, uid: id.uid };
  let running: number[] = [];
  if (pidfile !== undefined) {
    const pid = yield* pidOf(rc, pidfile);
    wanted = { pid: pid instanceof Errno ? -1 : pid };
  }
  if ((wanted.pid ?? 1) > 0) running = yield* findPids(sys, wanted, rc.env("RC_OPENRC_PID"));
  if (running.length > 0) yield* einfo.eerrorx(`${applet}: ${exec} is already running`);
  if (flags.has("t")) return yield* wouldStart(rc, r);
  // musl has no sched_setscheduler(): this is what --scheduler comes to on Alpine as well.
  if (r.scheduler !== undefined)
    yield* einfo.eerrorx("Failed to set scheduler: Function not implemented");
  yield* einfo.vebegin(`Detaching to start \`${exec}'`);
  if (einfo.verbose) einfo.eindent();
  if (pidfile !== undefined) done(() => unlink(sys, pidfile));
  yield* rc.flush();
  const [from, to] = sys.pipe2(O_CLOEXEC);
  const pid = sys.fork((child) => daemon(rc, child, r));
  sys.close(to);
  // The other end closes when the child has become the daemon, or has failed to.
  yield* untilClosed(sys, from);
  const background = flags.has("b");
  if (!background) {
    const status = yield* abort.wait(pid);
    if (!WIFEXITED(status) || WEXITSTATUS(status) !== 0)
      yield* einfo.eerrorx(`${applet}: failed to start \`${exec}'`);
  }
  yield* checkAlive(rc, r, pid, abort);
  if (rc.self !== undefined)
    yield* daemonSet(sys, rc.self, { exec, argv: r.match ?? r.argv, pidfile }, true);
  return 0;
}

function* untilClosed(sys: Sys, fd: number): Steps<void> {
  for (;;) {
    try {
      const call = sys.read(fd, 1);
      if (isSteps(call)) yield* call;
      break;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
  sys.close(fd);
}

/** The child. */
function* daemon(rc: Rc, sys: Sys, r: Request): Steps<number> {
  const child = new DaemonChild(rc, sys, r.id);
  try {
    defaultSignals(sys, [SIGINT, SIGQUIT, SIGTERM]);
    sys.umask(r.id.umask);
    yield* child.leaveTerminal();
    yield* child.settle();
    if (r.flags.has("m") && r.pidfile !== undefined) {
      try {
        yield* writeFile(sys, r.pidfile, `${sys.getpid()}\n`);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        yield* child.fail(`fopen \`${r.pidfile}': ${strerror(e)}`);
      }
    }
    yield* child.become();
    const background = r.flags.has("b");
    yield* child.streams({ stdin: background, output: background }, 0o660);
    return yield* child.exec(r.exec as string, r.argv);
  } catch (e) {
    if (e instanceof Exit) return e.status ?? 1;
    throw e;
  }
}

/** Daemons that fork and then fail: after a while it has to be there still. */
function* checkAlive(rc: Rc, r: Request, pid: number, abort: Abort): Steps<void> {
  const { einfo, applet } = rc;
  const conf = yield* rc.conf();
  const set = rc.env("SSD_STARTWAIT") ?? conf.get("rc_start_wait");
  const wait = r.wait > 0 ? r.wait : (scanInt(set) ?? 0);
  if (wait <= 0) return;
  yield* abort.sleep(wait);
  let alive: boolean;
  if (r.flags.has("b")) alive = done(() => rc.sys.kill(pid, 0)) && !(yield* ended(rc, pid));
  else {
    let wanted: Wanted = { ...r.wanted };
    if (r.pidfile !== undefined) {
      const found = yield* pidOf(rc, r.pidfile);
      if (found instanceof Errno || found < 0)
        yield* einfo.eerrorx(`${applet}: did not create a valid pid in \`${r.pidfile}'`);
      else wanted = { pid: found };
    }
    const manner = { test: r.flags.has("t"), progress: false, quiet: false, abort };
    alive = (yield* signalAll(rc, wanted, 0, manner)) > 0;
  }
  if (!alive) yield* einfo.eerrorx(`${applet}: ${r.exec} died`);
}

/** Has a child ended? (One that is not waited for could still be signalled.) */
function* ended(rc: Rc, pid: number): Steps<boolean> {
  let call = rc.sys.wait4(pid, 1);
  if (isSteps(call)) call = yield* call;
  return call !== undefined;
}

function* wouldStart(rc: Rc, r: Request): Steps<number> {
  const { einfo } = rc;
  if (yesno(rc.env("EINFO_QUIET")) === true) return 0;
  yield* einfo.einfon("Would start");
  yield* rc.print(`${r.argv.map((arg) => ` ${arg}`).join("")}\n`);
  einfo.eindent();
  const { id } = r;
  if (id.uid !== 0) yield* einfo.einfo(`as user id ${id.uid}`);
  if (id.gid !== 0) yield* einfo.einfo(`as group id ${id.gid}`);
  if (id.chroot !== undefined) yield* einfo.einfo(`in root \`${id.chroot}'`);
  if (id.chdir !== undefined) yield* einfo.einfo(`in dir \`${id.chdir}'`);
  if (id.nice !== undefined) yield* einfo.einfo(`with a priority of ${id.nice}`);
  if (r.name !== undefined) yield* einfo.einfo(`with a process name of ${r.name}`);
  einfo.eoutdent();
  return 0;
}

/** The program. */
export const startStopDaemon: Program = rcProgram(main);

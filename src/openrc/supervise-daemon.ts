// supervise-daemon: starts a daemon in the foreground and starts it again when it ends (supervise-daemon(8)).
import { EEXIST, Errno } from "../abi/errno.ts";
import { O_NONBLOCK, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { SIGTERM } from "../abi/signal.ts";
import { S_IFIFO } from "../abi/stat.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { mknod, open, unlink, writeFile } from "../libc/unistd.ts";
import { daemonSet, processLives } from "./librc/daemon.ts";
import {
  expandHome,
  expandPlaces,
  IDENTITY_OPTIONS,
  Identity,
  identityEnvironment,
  identityOption,
  pidOf,
  programFile,
} from "./librc/daemon-process.ts";
import { done, exists, failure } from "./librc/dirs.ts";
import { LOG_INFO } from "./librc/einfo.ts";
import { scanInt } from "./librc/numbers.ts";
import { SVCDIR } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { parseSchedule, parseSignal } from "./librc/schedule.ts";
import { markService } from "./librc/service.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";
import { valueGet, valueSet } from "./librc/values.ts";
import { Supervision } from "./supervise-daemon/supervision.ts";

const USAGE: Usage = {
  letters: "A:a:D:d:e:g:H:I:Kk:m:N:p:R:r:s:Su:1:2:3",
  options: [
    ["a", "healthcheck-timer", "<arg>", "Seconds between health checks"],
    ["A", "healthcheck-delay", "<arg>", "Seconds before the first health check"],
    ["D", "respawn-delay", "<arg>", "Seconds before it is started again"],
    ["m", "respawn-max", "<arg>", "How often it is started again (0: always)"],
    ["P", "respawn-period", "<arg>", "Seconds in which that is counted"],
    ["K", "stop", "", "Stop the daemon"],
    ["S", "start", "", "Start the daemon"],
    ["p", "pidfile", "<arg>", "The file of the supervisor's pid"],
    ["R", "retry", "<arg>", "Signals and waits when stopping"],
    ["s", "signal", "<arg>", "A signal to send to the daemon"],
    ["3", "reexec", "", "Go on in the place of an older supervisor"],
    ["stdout-logger", "stdout-logger", "<arg>", "Command for its output"],
    ["stderr-logger", "stderr-logger", "<arg>", "Command for its errors"],
    ...IDENTITY_OPTIONS,
  ],
};

/** What the command line says. */
class Request {
  readonly id = new Identity();
  readonly flags = new Set<string>();
  pidfile: string | undefined;
  retry: string | undefined;
  signo = SIGTERM;
  healthTimer = 0;
  healthDelay = 0;
  respawnDelay = 0;
  respawnMax = 10;
  respawnPeriod = 0;
}

function* count(rc: Rc, value: string, least: number, wrong: string): Steps<number> {
  const number = scanInt(value);
  if (number === undefined || number < least) return yield* rc.einfo.eerrorx(wrong);
  return number;
}

function* option(rc: Rc, r: Request, key: string, value: string): Steps<void> {
  const { applet } = rc;
  if (yield* identityOption(rc, r.id, key, value)) return;
  switch (key) {
    case "a":
      r.healthTimer = yield* count(rc, value, 1, `${applet}: invalid health check timer ${value}`);
      break;
    case "A":
      r.healthDelay = yield* count(rc, value, 1, `${applet}: invalid health check delay ${value}`);
      break;
    case "D":
      r.respawnDelay = yield* count(rc, value, 1, `Invalid respawn-delay value '${value}'`);
      break;
    case "m":
      r.respawnMax = yield* count(rc, value, 0, `Invalid respawn-max value '${value}'`);
      break;
    case "P":
      r.respawnPeriod = yield* count(rc, value, 1, `Invalid respawn-period value '${value}'`);
      break;
    case "p":
      r.pidfile = value;
      break;
    case "R":
      r.retry = value;
      break;
    case "s":
      r.signo = yield* parseSignal(rc, value);
      r.flags.add("s");
      break;
    case "stdout-logger":
      r.id.stdoutLogger = value;
      break;
    case "stderr-logger":
      r.id.stderrLogger = value;
      break;
    default:
      r.flags.add(key);
  }
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  const service = rc.self;
  if (service === undefined)
    return yield* einfo.eerrorx(`${applet}: The RC_SVCNAME environment variable is not set`);
  const first = rc.p.argv[1];
  if (first !== service)
    yield* einfo.eerrorx(
      `${applet}: the first argument is ${first ?? "(null)"} and must be ${service}`,
    );
  const r = new Request();
  yield* identityEnvironment(rc, r.id);
  const args = rc.p.argv.slice(2);
  const argv = yield* rcOptions(rc, USAGE, (key, value) => option(rc, r, key, value), args);
  yield* expandPlaces(rc, r.id);
  sys.umask(r.id.umask);
  r.pidfile ??= `/var/run/supervise-${service}.pid`;
  const fifo = `${SVCDIR}/supervise-${service}.ctl`;
  const refused = failure(() => mknod(sys, fifo, S_IFIFO | 0o600, 0));
  if (refused !== undefined && refused !== EEXIST)
    yield* einfo.eerrorx(`${applet}: unable to create control fifo: ${strerror(refused)}`);
  if (r.flags.has("3")) return yield* goOn(rc, r, service, fifo);
  if (r.flags.has("S")) return yield* start(rc, r, service, fifo, argv);
  if (r.flags.has("K")) return yield* stop(rc, r, service, argv);
  if (r.flags.has("s")) return yield* signal(rc, r, fifo);
  return 0;
}

function supervision(
  rc: Rc,
  r: Request,
  service: string,
  fifo: string,
  argv: readonly string[],
): Supervision {
  const s = new Supervision(rc, service, r.id, argv);
  s.pidfile = r.pidfile as string;
  s.fifo = fifo;
  s.healthTimer = r.healthTimer;
  s.healthDelay = r.healthDelay;
  s.respawnDelay = r.respawnDelay;
  s.respawnMax = r.respawnMax;
  s.respawnPeriod = r.respawnPeriod;
  return s;
}

function* start(rc: Rc, r: Request, service: string, fifo: string, argv: string[]): Steps<number> {
  const { sys, einfo, applet } = rc;
  if (argv[0] === undefined) return yield* einfo.eerrorx(`${applet}: nothing to start`);
  const program = yield* expandHome(rc, r.id, argv[0]);
  argv[0] = program;
  const file = programFile(rc, r.id, program);
  if (file === undefined || !exists(sys, file)) {
    yield* einfo.eerror(`${applet}: ${file ?? program} does not exist`);
    return 1;
  }
  const pidfile = r.pidfile as string;
  const old = yield* pidOf(rc, pidfile);
  if (!(old instanceof Errno) && old > 0 && processLives(sys, old))
    yield* einfo.eerrorx(`${applet}: ${program} is already running`);
  const least = r.respawnDelay * r.respawnMax;
  if (r.respawnPeriod > 0 && least > r.respawnPeriod)
    yield* einfo.ewarn(
      `${applet}: Please increase the value of --respawn-period to more than ${least} to avoid infinite respawning`,
    );
  const s = supervision(rc, r, service, fifo, argv);
  s.schedule = yield* parseSchedule(rc, r.retry, r.signo);
  if (r.retry !== undefined) yield* valueSet(sys, service, "retry", r.retry);
  yield* einfo.veinfo(`Detaching to start \`${program}'`);
  einfo.syslog(LOG_INFO, applet, `Supervisor command line: ${rc.p.argv.join(" ")} `);
  done(() => unlink(sys, pidfile));
  try {
    yield* writeFile(sys, pidfile, "");
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerrorx(`${applet}: fopen \`${pidfile}': ${strerror(e)}`);
  }
  yield* s.remember();
  yield* rc.flush();
  sys.fork((child) => s.begin(child));
  return 0;
}

/** The supervisor has become a newer version of itself: the daemon runs on. */
function* goOn(rc: Rc, r: Request, service: string, fifo: string): Steps<number> {
  const { sys } = rc;
  const get = function* (name: string): Steps<string | undefined> {
    return yield* valueGet(sys, service, name);
  };
  const argv: string[] = [];
  const argc = scanInt(yield* get("argc")) ?? 0;
  for (let i = 0; i < argc; i++) argv.push((yield* get(`argv_${i}`)) ?? "");
  r.pidfile = (yield* get("pidfile")) ?? r.pidfile;
  r.respawnDelay = scanInt(yield* get("respawn_delay")) ?? 0;
  r.respawnMax = scanInt(yield* get("respawn_max")) ?? 10;
  r.respawnPeriod = scanInt(yield* get("respawn_period")) ?? 0;
  const s = supervision(rc, r, service, fifo, argv);
  s.schedule = yield* parseSchedule(rc, yield* get("retry"), r.signo);
  s.child = scanInt(yield* get("child_pid")) ?? 0;
  return yield* s.supervise(sys);
}

function* stop(rc: Rc, r: Request, service: string, argv: readonly string[]): Steps<number> {
  const { sys, einfo } = rc;
  const pidfile = r.pidfile as string;
  const pid = yield* pidOf(rc, pidfile);
  if (!(pid instanceof Errno) && pid > 0) {
    if (!done(() => sys.kill(pid, SIGTERM)))
      yield* einfo.ewarn("Unable to shut down the supervisor");
    else
      while (processLives(sys, pid)) {
        const nap = sys.nanosleep(5);
        if (isSteps(nap)) yield* nap;
      }
  }
  done(() => unlink(sys, pidfile));
  yield* daemonSet(sys, service, { exec: argv[0], argv, pidfile }, false);
  yield* markService(sys, service, "stopped");
  return 0;
}

/** Sends a signal by way of the supervisor. */
function* signal(rc: Rc, r: Request, fifo: string): Steps<number> {
  const { sys, einfo, applet } = rc;
  try {
    let fd = open(sys, fifo, O_WRONLY | O_NONBLOCK);
    if (isSteps(fd)) fd = yield* fd;
    const call = sys.write(fd, bytesOf(`sig ${r.signo}`));
    if (isSteps(call)) yield* call;
    sys.close(fd);
    return 0;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerror(`${applet}: unable to open control fifo ${strerror(e)}`);
    throw new Exit(1);
  }
}

/** The program. */
export const superviseDaemon: Program = rcProgram(main);

// openrc: enters a runlevel (openrc(8)): stops what it does not have, starts what it has.
import { EACCES, Errno } from "../abi/errno.ts";
import { isSteps, type Program, type Steps, type Sys } from "../abi/program.ts";
import { SIGTERM, SIGUSR1, SIGWINCH } from "../abi/signal.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { mkdir, readText, rmdir, unlink, writeFile } from "../libc/unistd.ts";
import { kernelParameter, yesno } from "./librc/conf.ts";
import { loadDeptree } from "./librc/deptree-update.ts";
import { done, exists, failure, listDir } from "./librc/dirs.ts";
import { envConfig, envFilter } from "./librc/environ.ts";
import * as paths from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import {
  runlevelExists,
  runlevelGet,
  runlevelSet,
  runlevelStacks,
  servicesInRunlevel,
  servicesInRunlevelStacked,
} from "./librc/runlevel.ts";
import { markService, resolveService, servicesInState } from "./librc/service.ts";
import { Abort, setSignal } from "./librc/signals.ts";
import { rcSys } from "./librc/sys.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";
import { Logger } from "./openrc/logger.ts";
import { runProgram } from "./openrc/run-program.ts";
import { Change } from "./openrc/runlevel-change.ts";

const { BOOT, KRUNLEVEL, SHUTDOWN, SINGLE, STARTING, STOPPING, SYSINIT } = paths;

const USAGE: Usage = {
  letters: "a:no:s:S",
  usage: "Usage: openrc [options] [<runlevel>]",
  options: [
    ["n", "no-stop", "", "Stop no services"],
    ["o", "override", "<arg>", "The runlevel that follows\nsingle user or boot"],
    ["s", "service", "<arg>", "Run this service with the\nother arguments"],
    ["S", "sys", "", "Tell what kind of system this is, if special"],
  ],
};

/** Keeps the runlevel to go to later; only for those that one can stay in. */
function* keepLevel(rc: Rc, level: string): Steps<boolean> {
  if (level === (rc.env("RC_BOOTLEVEL") ?? BOOT) || level === SINGLE || level === SYSINIT) {
    done(() => unlink(rc.sys, KRUNLEVEL));
    return false;
  }
  try {
    yield* writeFile(rc.sys, KRUNLEVEL, level);
    return true;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* rc.einfo.eerror(`fopen \`${KRUNLEVEL}': ${strerror(e)}`);
    return false;
  }
}

function* override(rc: Rc, level: string): Steps<never> {
  if (!runlevelExists(rc.sys, level)) {
    yield* rc.einfo.eerror(`runlevel \`${level}' does not exist`);
    throw new Exit(1);
  }
  if (!(yield* keepLevel(rc, level))) throw new Exit(1);
  yield* rc.einfo.einfo(`Overriding next runlevel to ${level}`);
  throw new Exit(0);
}

/** Becomes the script of a service. */
function* become(rc: Rc, service: string, args: readonly string[]): Steps<never> {
  const file = resolveService(rc.sys, service);
  if (file === undefined)
    return yield* rc.einfo.eerrorx(`${rc.applet}: service \`${service}' does not exist`);
  yield* rc.flush();
  try {
    const call = rc.sys.execve(file, [file, ...args], rc.p.environ());
    return isSteps(call) ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return yield* rc.einfo.eerrorx(`${rc.applet}: ${strerror(e)}`);
  }
}

/** Where options end: `openrc -s SERVICE ARG…` passes on the rest as it is. */
function serviceArgs(argv: readonly string[]): readonly string[] | undefined {
  const at = argv.findIndex((a) => a === "-s" || a === "--service");
  return at < 0 ? undefined : argv.slice(at + 2);
}

function* main(rc: Rc): Steps<number> {
  const { sys, p, einfo } = rc;
  sys.chdir("/");
  yield* envFilter(rc);
  yield* envConfig(rc);
  if (exists(sys, paths.RC_CONF_OLD)) {
    yield* einfo.ewarn(`${paths.RC_CONF_OLD} still exists on your system and should be removed.`);
    yield* einfo.ewarn(`Please migrate to the appropriate settings in ${paths.RC_CONF}`);
  }
  let nostop = false;
  const rest = serviceArgs(p.argv);
  const args = p.argv.slice(1, rest === undefined ? undefined : p.argv.length - rest.length);
  const operands = yield* rcOptions(
    rc,
    USAGE,
    function* (key, value) {
      if (key === "n") nostop = true;
      else if (key === "o") yield* override(rc, value);
      else if (key === "s") yield* become(rc, value, rest ?? []);
      else if (key === "S") {
        const system = yield* rcSys(sys, yield* rc.conf());
        if (system !== undefined) yield* rc.print(`${system}\n`);
        throw new Exit(0);
      }
    },
    args,
  );
  let newLevel = operands[0];
  if (newLevel === "reboot") {
    newLevel = SHUTDOWN;
    rc.setenv("RC_REBOOT", "YES");
  }
  rc.setenv("EINFO_LOG", "openrc");
  rc.setenv("RC_PID", String(sys.getpid()));
  const session = new Session(rc);
  try {
    const status = yield* session.run(newLevel, nostop);
    yield* session.end();
    return status;
  } catch (e) {
    if (e instanceof Exit) yield* session.end();
    throw e;
  }
}

/** One call of openrc, with what has to be put in order at its end. */
class Session {
  readonly #rc: Rc;
  readonly #abort: Abort;
  readonly #pids = new Set<number>();
  #logger: Logger | undefined;

  constructor(rc: Rc) {
    this.#rc = rc;
    this.#abort = new Abort(rc);
    // rc-abort: what runs is told to end.
    setSignal(rc.sys, SIGUSR1, () => {
      for (const pid of this.#pids) done(() => rc.sys.kill(pid, SIGTERM));
      this.#abort.end("rc: Aborting!");
    });
    setSignal(rc.sys, SIGWINCH, () => {});
  }

  *end(): Steps<void> {
    const { sys } = this.#rc;
    done(() => rmdir(sys, STARTING));
    done(() => rmdir(sys, STOPPING));
    yield* cleanFailed(sys);
    yield* this.#closeLog();
  }

  *#closeLog(): Steps<void> {
    const logger = this.#logger;
    this.#logger = undefined;
    yield* logger?.close(this.#abort) ?? nothing();
  }

  *run(wanted: string | undefined, nostop: boolean): Steps<number> {
    const rc = this.#rc;
    const { sys, einfo } = rc;
    let level = yield* runlevelGet(sys);
    this.#logger = yield* Logger.open(rc, wanted ?? level);
    if (wanted === SYSINIT) {
      yield* this.#sysinit();
      level = yield* runlevelGet(sys);
    }
    const goingDown = wanted === SHUTDOWN || wanted === SINGLE;
    const newLevel = goingDown
      ? yield* this.#goDown(wanted, level)
      : yield* this.#goUp(wanted, level);
    const { tree, made } = yield* loadDeptree(rc);
    if (tree === undefined) return yield* einfo.eerrorx("failed to load deptree");
    if (exists(sys, paths.DEPTREE_SKEWED)) yield* einfo.ewarn("WARNING: clock skew detected!");
    yield* cleanFailed(sys);
    const conf = yield* rc.conf();
    const change = new Change(rc, this.#abort, tree, conf.yes("rc_parallel"), this.#pids);

    const refusal = failure(() => mkdir(sys, STOPPING, 0o755));
    if (refusal === EACCES) yield* einfo.eerrorx(`${rc.applet}: superuser access required`);
    if (refusal !== undefined)
      yield* einfo.eerrorx(
        `${rc.applet}: failed to create stopping dir \`${STOPPING}': ${strerror(refusal)}`,
      );
    const hotplugged = yield* servicesInState(sys, "hotplugged");
    if (!nostop) {
      const running = change.order(yield* runningServices(sys), level, { stop: true });
      const start = yield* startList(rc, newLevel ?? level, hotplugged);
      yield* change.stopServices(running, start, level, newLevel, goingDown);
    }
    yield* change.settle();
    done(() => rmdir(sys, STOPPING));
    if (newLevel !== undefined) {
      yield* runlevelSet(sys, newLevel);
      level = newLevel;
      rc.setenv("RC_RUNLEVEL", level);
    }
    // From here on the root may be read-only.
    if (level === SHUTDOWN) yield* this.#closeLog();
    done(() => mkdir(sys, STARTING, 0o755));
    for (const service of hotplugged) yield* markService(sys, service, "hotplugged");
    yield* this.#start(change, level);
    // In the boot runlevel things may have come that the tree has to know of.
    if (made !== undefined && level === rc.env("RC_BOOTLEVEL"))
      done(() => unlink(sys, paths.DEPTREE));
    return 0;
  }

  *#start(change: Change, level: string): Steps<void> {
    const { sys } = this.#rc;
    const noinit = ((yield* kernelParameter(sys, "noinit")) ?? "").split(",");
    for (const service of noinit) if (service !== "") yield* markService(sys, service, "started");
    const levels = yield* runlevelStacks(sys, level);
    // What booting has to have started comes first, whatever runlevel this is.
    const boot = this.#rc.env("RC_BOOTLEVEL") ?? BOOT;
    if (level !== SHUTDOWN && level !== SYSINIT) {
      if (level !== SINGLE && level !== boot) levels.push(boot);
      levels.push(SYSINIT);
    }
    for (const each of levels.reverse()) {
      const services = (yield* servicesInRunlevel(sys, each)).sort();
      yield* change.startServices(change.order(services, each, { start: true }), level);
      yield* change.settle();
    }
    for (const service of noinit) if (service !== "") yield* markService(sys, service, "stopped");
  }

  *#goDown(level: string, from: string): Steps<string> {
    const rc = this.#rc;
    if (!exists(rc.sys, KRUNLEVEL)) yield* keepLevel(rc, from);
    yield* runlevelSet(rc.sys, level);
    rc.setenv("RC_RUNLEVEL", level);
    rc.setenv("RC_GOINGDOWN", "YES");
    return level;
  }

  /** The runlevel to go to: a kept one comes before the one that was asked for. */
  *#goUp(wanted: string | undefined, level: string): Steps<string | undefined> {
    const rc = this.#rc;
    const { sys, einfo } = rc;
    let newLevel = wanted;
    if (wanted !== SYSINIT && (wanted === undefined || wanted !== rc.env("RC_BOOTLEVEL"))) {
      const kept = yield* readText(sys, KRUNLEVEL);
      if (kept !== undefined) {
        newLevel = kept.split("\n", 1)[0] ?? "";
        done(() => unlink(sys, KRUNLEVEL));
      }
    }
    if (newLevel !== undefined && newLevel !== level && !runlevelExists(sys, newLevel))
      yield* einfo.eerrorx(`${newLevel}: not a valid runlevel`);
    if (newLevel === SYSINIT) {
      const asked =
        (yield* kernelParameter(sys, "rc_runlevel")) ?? (yield* kernelParameter(sys, "softlevel"));
      if (asked !== undefined) yield* keepLevel(rc, asked);
    }
    return newLevel;
  }

  /** The first things of all: the console, the greeting, /proc and /run. */
  *#sysinit(): Steps<void> {
    const rc = this.#rc;
    const { sys, einfo } = rc;
    const early = `${paths.LIBEXECDIR}/sh/init-early.sh`;
    if (exists(sys, early)) yield* runProgram(rc, this.#abort, early);
    const uts = sys.uname();
    const [good, hilite, bracket, normal] = (["good", "hilite", "bracket", "normal"] as const).map(
      (color) => einfo.color(color),
    ) as [string, string, string, string];
    const conf = yield* rc.conf();
    const kind = yield* rcSys(sys, conf);
    yield* rc.print(
      `\n   ${good}OpenRC ${hilite}${paths.VERSION}${normal} is starting up ` +
        `${bracket}${uts.sysname} ${uts.release} (${uts.machine})` +
        `${kind === undefined ? "" : ` [${kind}]`}${normal}\n\n`,
    );
    if (yesno(rc.env("EINFO_QUIET")) !== true && conf.yes("rc_interactive"))
      yield* rc.print(`Press ${good}I${normal} to enter interactive boot mode\n\n`);
    rc.setenv("RC_RUNLEVEL", SYSINIT);
    yield* runProgram(rc, this.#abort, `${paths.LIBEXECDIR}/sh/init.sh`);
    // Only now /proc may be there to tell.
    const system = yield* rcSys(sys, conf);
    if (system !== undefined) rc.setenv("RC_SYS", system);
    const { tree } = yield* loadDeptree(rc, true);
    if (tree === undefined) yield* einfo.eerrorx("failed to load deptree");
  }
}

function* nothing(): Steps<void> {}

/** Forgets which services have failed. */
function* cleanFailed(sys: Sys): Steps<void> {
  const names = yield* listDir(sys, `${paths.SVCDIR}/failed`);
  for (const name of names) done(() => unlink(sys, `${paths.SVCDIR}/failed/${name}`));
}

/** All services that could be stopped. */
function* runningServices(sys: Sys): Steps<string[]> {
  const all: string[] = [];
  for (const state of ["started", "inactive", "starting"] as const)
    all.push(...(yield* servicesInState(sys, state)));
  return all.sort();
}

/** All services that a runlevel has, with those of the runlevels it builds on. */
function* startList(rc: Rc, level: string, hotplugged: readonly string[]): Steps<string[]> {
  const { sys } = rc;
  const all = yield* servicesInRunlevelStacked(sys, level);
  if (level === SHUTDOWN || level === SYSINIT) return all;
  all.push(...(yield* servicesInRunlevelStacked(sys, SYSINIT)));
  if (level === SINGLE) return all;
  const boot = rc.env("RC_BOOTLEVEL") ?? BOOT;
  if (level !== boot) all.push(...(yield* servicesInRunlevelStacked(sys, boot)));
  for (const service of hotplugged) if (!all.includes(service)) all.push(service);
  return all;
}

/** The program. */
export const openrc: Program = rcProgram(main);

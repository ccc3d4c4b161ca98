// openrc-run: what init scripts are run by (openrc-run(8)): commands, in order, on one service.
import { Errno } from "../abi/errno.ts";
import type { Program, Steps } from "../abi/program.ts";
import { SIGHUP } from "../abi/signal.ts";
import { fnmatch } from "../libc/fnmatch.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { tryStat } from "../libc/unistd.ts";
import { type RcConf, yesno } from "./librc/conf.ts";
import { exists } from "./librc/dirs.ts";
import { envConfig, envFilter } from "./librc/environ.ts";
import { closeOnExec } from "./librc/lock.ts";
import { scanInt } from "./librc/numbers.ts";
import { basename, dirname } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { linkTarget, realpath } from "./librc/realpath.ts";
import { runlevelGet } from "./librc/runlevel.ts";
import {
  allServices,
  INACTIVE,
  markService,
  STARTED,
  STOPPED,
  scheduleStart,
  serviceState,
  servicesInState,
} from "./librc/service.ts";
import { Abort, setSignal } from "./librc/signals.ts";
import { rcOptions, showUsage, type Usage } from "./librc/usage.ts";
import { ServiceRun } from "./openrc-run/service-run.ts";
import { start, startAgain } from "./openrc-run/start.ts";
import { stop } from "./openrc-run/stop.ts";

const USAGE: Usage = {
  letters: "dDsSvl:Z",
  extra: "stop | start | restart | status | describe | zap",
  options: [
    ["d", "debug", "", "Trace what the script does"],
    ["Z", "dry-run", "", "Only tell what would be done"],
    ["s", "ifstarted", "", "Do it only if the service is started"],
    ["S", "ifstopped", "", "Do it only if the service is stopped"],
    ["D", "nodeps", "", "Leave other services alone"],
    ["l", "lockfd", "<arg>", "Descriptor of the lock that openrc holds"],
  ],
};

const DEPEND_TYPES = /^(?:ineed|iuse|iwant|needsme|usesme|wantsme|iafter|ibefore|iprovide)$/;

/** The script itself, when what was named is a link in a runlevel or a second name of a script. */
function scriptPath(rc: Rc, given: string): string {
  const dir = dirname(realpath(rc.sys, given));
  const link = linkTarget(rc.sys, given) ?? "";
  const other = link.includes("/") && dirname(link) !== dir;
  const path = `${dir}/${basename(other ? link : given)}`;
  return exists(rc.sys, path) ? path : link;
}

/** May the service be started by the appearing of a device? */
function plugable(conf: RcConf, name: string): boolean {
  const rules = (conf.get("rc_hotplug") ?? conf.get("rc_plug_services"))?.split(" ");
  if (rules === undefined) return false;
  const rule = rules.find((r) => fnmatch(r.replace(/^!/, ""), name, 0, false));
  return rule === undefined || !rule.startsWith("!");
}

function* main(rc: Rc): Steps<number> {
  const { sys, p } = rc;
  const given = p.argv[1];
  if (given === undefined || tryStat(sys, given) === undefined) {
    yield* rc.complain("openrc-run should not be run directly");
    return 1;
  }
  const path = scriptPath(rc, given);
  const name = basename(path);
  rc.applet = name;
  if (p.argv.length < 3) yield* showUsage(rc, USAGE, 1);
  sys.chdir("/");
  let level = rc.env("RC_RUNLEVEL");
  if (level === undefined) {
    yield* envFilter(rc);
    yield* envConfig(rc);
    level = yield* runlevelGet(sys);
  }
  const pid = String(sys.getpid());
  for (const [variable, value] of [
    ["EINFO_LOG", path],
    ["RC_SVCNAME", name],
    ["RC_OPENRC_PID", pid],
    ["RC_RUNSCRIPT_PID", pid],
  ] as const)
    rc.setenv(variable, value);
  const conf = yield* rc.conf();
  const run = new ServiceRun(rc, conf, path, level, new Abort(rc));
  if (conf.yes("rc_parallel")) {
    const names = yield* allServices(sys);
    run.prefix = name.padEnd(names.reduce((w, n) => Math.max(w, n.length), 0));
    rc.einfo.prefix = run.prefix;
  }
  const commands = yield* options(rc, run);
  yield* circumstances(rc, run);
  setSignal(sys, SIGHUP, () => {
    run.hup = true;
  });
  try {
    let status = 0;
    for (const command of commands) {
      if (run.hup) throw new Exit(1);
      rc.setenv("RC_CMD", command);
      const result = yield* perform(run, command);
      if (result !== undefined) status = result;
      run.restart = [];
    }
    yield* cleanUp(run);
    return status;
  } catch (e) {
    if (e instanceof Exit) yield* cleanUp(run);
    throw e;
  }
}

function* cleanUp(run: ServiceRun): Steps<void> {
  yield* run.restoreState();
  const services = run.restart;
  run.restart = [];
  if (services.length > 0) yield* startAgain(run, services);
}

/** Reads the options; what remains are the commands. */
function* options(rc: Rc, run: ServiceRun): Steps<string[]> {
  const { sys } = rc;
  return yield* rcOptions(
    rc,
    USAGE,
    function* (key, value) {
      if (key === "d") rc.setenv("RC_DEBUG", "YES");
      else if (key === "l") {
        run.lock = scanInt(value) ?? 0;
        closeOnExec(sys, run.lock);
      } else if (key === "s") {
        if (((yield* serviceState(sys, run.name)) & STARTED) === 0) throw new Exit(1);
      } else if (key === "S") {
        if (((yield* serviceState(sys, run.name)) & STOPPED) === 0) throw new Exit(1);
      } else if (key === "D") run.deps = false;
      else if (key === "Z") run.dryRun = true;
    },
    rc.p.argv.slice(2),
  );
}

/** What the environment says about how to go about it. */
function* circumstances(rc: Rc, run: ServiceRun): Steps<void> {
  if (yesno(rc.env("RC_NODEPS")) === true) run.deps = false;
  // While another openrc changes the runlevel, dependencies are its business.
  if (rc.env("RC_PID") === undefined && (run.starting || run.stopping)) run.deps = false;
  const background = rc.env("IN_BACKGROUND");
  if (background !== undefined) {
    run.backgroundValue = background;
    run.inBackground = yesno(background) === true;
    rc.p.env.delete("IN_BACKGROUND");
  }
  if (yesno(rc.env("IN_DRYRUN")) === true) run.dryRun = true;
  if (yesno(rc.env("IN_HOTPLUG")) === true) {
    if (!plugable(run.conf, run.name))
      yield* rc.einfo.eerrorx(`${run.name}: not allowed to be hotplugged`);
    run.inBackground = true;
  }
}

/** Does one command; its status where it has one. */
function* perform(run: ServiceRun, command: string): Steps<number | undefined> {
  const { rc, sys, name } = run;
  if (/^(?:describe|help|depend|status)$/.test(command)) {
    const { prefix } = run;
    run.prefix = undefined;
    rc.einfo.prefix = undefined;
    const status = yield* run.shell(command);
    run.prefix = prefix;
    rc.einfo.prefix = prefix;
    return command === "status" ? status : undefined;
  }
  if (DEPEND_TYPES.test(command)) {
    const names = yield* run.depends([command], run.tracing);
    yield* rc.print(`${names.map((n) => `${n} `).join("")}\n`);
    return undefined;
  }
  switch (command) {
    case "conditionalrestart":
    case "condrestart":
      if (((yield* serviceState(sys, name)) & STARTED) !== 0) yield* restart(run);
      return undefined;
    case "restart":
      yield* restart(run);
      return undefined;
    case "start":
      yield* start(run);
      return undefined;
    case "stop":
      yield* stopCommand(run);
      return undefined;
    case "pause":
      yield* rc.einfo.ewarn("WARNING: 'pause' is deprecated; please use '--nodeps stop'");
      run.deps = false;
      yield* stopCommand(run);
      return undefined;
    case "zap":
      yield* rc.einfo.einfo(`Manually resetting ${name} to stopped state`);
      yield* zap(run);
      return undefined;
    default:
      return yield* run.shell(command);
  }
}

function* zap(run: ServiceRun): Steps<void> {
  try {
    if (!(yield* markService(run.sys, run.name, "stopped")))
      yield* run.rc.einfo.eerrorx("rc_service_mark: No such file or directory");
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* run.rc.einfo.eerrorx(`rc_service_mark: ${strerror(e)}`);
  }
  yield* run.unhotplug();
}

function* running(run: ServiceRun): Steps<string[]> {
  const started = yield* servicesInState(run.sys, "started");
  return [...started, ...(yield* servicesInState(run.sys, "inactive"))];
}

function* restart(run: ServiceRun): Steps<void> {
  if (((yield* serviceState(run.sys, run.name)) & STOPPED) === 0) {
    run.restart = yield* running(run);
    yield* stop(run);
    if (run.dryRun)
      yield* run.rc.einfo.ewarn("Cannot calculate restart start dependencies on a dry-run");
  }
  yield* start(run);
  const services = run.restart;
  run.restart = [];
  yield* startAgain(run, services);
}

function* stopCommand(run: ServiceRun): Steps<void> {
  const { sys, name } = run;
  const wentDown = run.deps && run.inBackground ? yield* running(run) : [];
  run.restart = wentDown;
  if (!(yield* stop(run)) || !run.deps) return;
  const state = yield* serviceState(sys, name);
  if (!run.inBackground && !run.stopping && (state & STOPPED) !== 0) yield* run.unhotplug();
  if (run.inBackground && (state & INACTIVE) !== 0)
    for (const other of wentDown)
      if (((yield* serviceState(sys, other)) & STOPPED) !== 0) scheduleStart(sys, name, other);
}

/** The program. */
export const openrcRun: Program = rcProgram(main);

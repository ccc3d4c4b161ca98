// rc-update: puts services into runlevels and shows what is in them (rc-update(8)).
import { EEXIST, ENOENT, EPERM, type Errno } from "../abi/errno.ts";
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { symlink, unlink } from "../libc/unistd.ts";
import { yesno } from "./librc/conf.ts";
import { loadDeptree } from "./librc/deptree-update.ts";
import { failure } from "./librc/dirs.ts";
import {
  BOOT,
  basename,
  dirname,
  INITDIR,
  RUNLEVELDIR,
  SHUTDOWN,
  SINGLE,
  SYSINIT,
} from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { realpath } from "./librc/realpath.ts";
import {
  inRunlevel,
  runlevelExists,
  runlevelGet,
  runlevelList,
  runlevelStack,
  runlevelUnstack,
} from "./librc/runlevel.ts";
import { allServices, resolveService, serviceExists } from "./librc/service.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "asu",
  usage: `Usage: rc-update [options] add <service> [<runlevel>...]
   or: rc-update [options] del <service> [<runlevel>...]
   or: rc-update [options] [show [<runlevel>...]]`,
  options: [
    ["a", "all", "", "In all runlevels"],
    ["s", "stack", "", "Stack a runlevel instead of adding a service"],
    ["u", "update", "", "Make the dependency tree anew"],
  ],
};

/** How many runlevels changed; undefined after an error. */
type Changes = Steps<number | undefined>;

/** The link of a service in a runlevel; the error when it cannot be made. */
function addLink(rc: Rc, level: string, service: string): Errno | undefined {
  const { sys } = rc;
  const init = resolveService(sys, service) ?? "";
  if (inRunlevel(sys, service, level)) return EEXIST;
  // In the boot runlevel other file systems than the root may not be there yet.
  if (level === BOOT) {
    const dir = failure(() => {
      if (realpath(sys, dirname(init)) !== INITDIR) throw EPERM;
    });
    if (dir !== undefined) return dir;
  }
  const target = level === BOOT ? `${INITDIR}/${service}` : init;
  return failure(() => symlink(sys, target, `${RUNLEVELDIR}/${level}/${basename(service)}`));
}

function* add(rc: Rc, level: string, service: string): Changes {
  const { einfo, applet } = rc;
  const found = serviceExists(rc.sys, service);
  if (found === "noexec") yield* einfo.eerror(`${applet}: service \`${service}' is not executable`);
  else if (!found) yield* einfo.eerror(`${applet}: service \`${service}' does not exist`);
  else if (inRunlevel(rc.sys, service, level)) {
    yield* einfo.einfo(`${applet}: ${service} already installed in runlevel \`${level}'; skipping`);
    return 0;
  } else {
    const error = addLink(rc, level, service);
    if (error === undefined) {
      yield* einfo.einfo(`service ${service} added to runlevel ${level}`);
      return 1;
    }
    yield* einfo.eerror(
      `${applet}: failed to add service \`${service}' to runlevel \`${level}': ${strerror(error)}`,
    );
  }
  return undefined;
}

function* del(rc: Rc, level: string, service: string): Changes {
  const { einfo, applet } = rc;
  const link = `${RUNLEVELDIR}/${level}/${basename(service)}`;
  const error = failure(() => unlink(rc.sys, link));
  if (error === undefined) {
    yield* einfo.einfo(`service ${service} deleted from runlevel ${level}`);
    return 1;
  }
  if (error === ENOENT)
    yield* einfo.eerror(`${applet}: service \`${service}' is not in the runlevel \`${level}'`);
  else
    yield* einfo.eerror(
      `${applet}: failed to delete service \`${service}' from runlevel \`${level}': ${strerror(error)}`,
    );
  return undefined;
}

function* addStack(rc: Rc, level: string, below: string): Changes {
  const { einfo, applet, sys } = rc;
  const missing = [level, below].find((l) => !runlevelExists(sys, l));
  const special = [SYSINIT, BOOT, SINGLE, SHUTDOWN];
  if (missing !== undefined)
    yield* einfo.eerror(`${applet}: runlevel \`${missing}' does not exist`);
  else if (level === below) yield* einfo.eerror(`${applet}: cannot stack \`${below}' onto itself`);
  else if (special.includes(level) || special.includes(below))
    yield* einfo.eerror(`${applet}: cannot stack the ${SYSINIT} runlevel`);
  else {
    const error = failure(() => runlevelStack(sys, level, below));
    if (error === undefined) {
      yield* einfo.einfo(`runlevel ${below} added to runlevel ${level}`);
      return 1;
    }
    yield* einfo.eerror(
      `${applet}: failed to stack \`${below}' to \`${level}': ${strerror(error)}`,
    );
  }
  return undefined;
}

function* delStack(rc: Rc, level: string, below: string): Changes {
  const { einfo, applet } = rc;
  const error = failure(() => runlevelUnstack(rc.sys, level, below));
  if (error === undefined) {
    yield* einfo.einfo(`runlevel ${below} deleted from runlevel ${level}`);
    return 1;
  }
  if (error === ENOENT)
    yield* einfo.eerror(`${applet}: runlevel \`${below}' is not in the runlevel \`${level}'`);
  else
    yield* einfo.eerror(
      `${applet}: failed to delete runlevel \`${below}' from runlevel \`${level}': ${strerror(error)}`,
    );
  return undefined;
}

/** A table of all services that are in one of the runlevels, or of all. */
function* show(rc: Rc, levels: readonly string[], all: boolean): Steps<void> {
  const services = (yield* allServices(rc.sys)).sort();
  for (const service of services) {
    const cells = levels.map((level) =>
      inRunlevel(rc.sys, service, level) ? level : " ".repeat(level.length),
    );
    if (!all && cells.every((cell) => cell.trim() === "")) continue;
    yield* rc.print(` ${service.padStart(20)} |${cells.map((cell) => ` ${cell}`).join("")}\n`);
  }
}

const ACTIONS: Readonly<Record<string, "add" | "del" | "show">> = {
  add: "add",
  del: "del",
  delete: "del",
  show: "show",
};

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  let all = false;
  let stack = false;
  const words = yield* rcOptions(rc, USAGE, function* (key) {
    if (key === "a") all = true;
    else if (key === "s") stack = true;
    else if (key === "u") {
      const { made } = yield* loadDeptree(rc, true);
      throw new Exit(made === 0 ? 0 : 255);
    }
  });
  const word = words.shift();
  const action =
    word === undefined ? "show" : Object.hasOwn(ACTIONS, word) ? ACTIONS[word] : undefined;
  if (action === undefined) return yield* einfo.eerrorx(`${applet}: invalid command \`${word}'`);
  const service = words.shift();
  if (service === undefined && action !== "show")
    yield* einfo.eerrorx(`${applet}: no service specified`);
  let levels = words;
  const wrong = levels.find((level) => !runlevelExists(sys, level));
  if (wrong !== undefined) yield* einfo.eerrorx(`${applet}: \`${wrong}' is not a valid runlevel`);
  if (action === "show" || service === undefined) {
    if (service !== undefined) levels.push(service);
    if (levels.length === 0) levels = yield* runlevelList(sys);
    yield* show(rc, levels.sort(), yesno(rc.env("EINFO_VERBOSE")) === true);
    return 0;
  }
  if (action === "add" && all) yield* einfo.eerrorx(`${applet}: the -a option is invalid with add`);
  if (levels.length === 0) levels = all ? yield* runlevelList(sys) : [yield* runlevelGet(sys)];
  if (levels.length === 0) yield* einfo.eerrorx(`${applet}: no runlevels found`);
  const change = action === "add" ? (stack ? addStack : add) : stack ? delStack : del;
  return yield* changeAll(rc, change, levels, service, action === "del");
}

function* changeAll(
  rc: Rc,
  change: (rc: Rc, level: string, service: string) => Changes,
  levels: readonly string[],
  service: string,
  deleting: boolean,
): Steps<number> {
  let status = 0;
  let changes = 0;
  for (const level of levels) {
    if (!runlevelExists(rc.sys, level)) {
      yield* rc.einfo.eerror(`${rc.applet}: runlevel \`${level}' does not exist`);
      continue;
    }
    const n = yield* change(rc, level, service);
    if (n === undefined) status = 1;
    changes += n ?? -1;
  }
  if (status === 0 && changes === 0 && deleting)
    yield* rc.einfo.ewarnx(
      `${rc.applet}: service \`${service}' not found in any of the specified runlevels`,
    );
  return status;
}

/** The program. */
export const rcUpdate: Program = rcProgram(main);

// rc-status: runlevels and the states of their services (rc-status(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { isatty } from "../libc/stdio.ts";
import { daemonsCrashed } from "./librc/daemon.ts";
import { type DepTree, depends } from "./librc/deptree.ts";
import { loadDeptree } from "./librc/deptree-update.ts";
import type { Color } from "./librc/einfo.ts";
import { BOOT, SYSINIT } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import {
  inRunlevel,
  runlevelExists,
  runlevelGet,
  runlevelList,
  runlevelStacks,
  servicesInRunlevel,
  servicesInRunlevelStacked,
} from "./librc/runlevel.ts";
import {
  allServices,
  FAILED,
  HOTPLUGGED,
  INACTIVE,
  SCHEDULED,
  STARTED,
  STARTING,
  STOPPED,
  STOPPING,
  serviceState,
  servicesInState,
} from "./librc/service.ts";
import { dateSeconds } from "./librc/times.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";
import { valueGet } from "./librc/values.ts";

const USAGE: Usage = {
  letters: "acf:lmrsSu",
  usage: `Usage: rc-status [options] [-f ini] <runlevel>...
   or: rc-status [options] [-f ini] [-a | -c | -l | -m | -r | -s | -u]`,
  options: [
    ["a", "all", "", "All runlevels"],
    ["c", "crashed", "", "Services that have crashed"],
    ["f", "format", "<arg>", "In a form for programs (ini)"],
    ["l", "list", "", "The names of the runlevels"],
    ["m", "manual", "", "Services that were started by hand"],
    ["r", "runlevel", "", "The name of the present runlevel"],
    ["s", "servicelist", "", "All services"],
    ["S", "supervised", "", "Services that are supervised"],
    ["u", "unused", "", "Services that are in no runlevel"],
  ],
};

/** One service's state in words, as the table has it, and its colour. */
function* stateText(rc: Rc, service: string): Steps<[text: string, color: Color]> {
  const { sys } = rc;
  const state = yield* serviceState(sys, service);
  if ((state & STOPPING) !== 0) return ["stopping ", "bad"];
  if ((state & STARTING) !== 0) return ["starting ", "warn"];
  if ((state & INACTIVE) !== 0) return ["inactive ", "warn"];
  if ((state & STARTED) !== 0) {
    const time = yield* valueGet(sys, service, "start_time");
    if (yield* daemonsCrashed(sys, service)) {
      const child = yield* valueGet(sys, service, "child_pid");
      const lost = time !== undefined && child !== undefined;
      return [lost ? " unsupervised " : " crashed ", "bad"];
    }
    const count = yield* valueGet(sys, service, "start_count");
    if (time === undefined || count === undefined) return [" started ", "good"];
    return [` started ${yield* uptime(rc, time)} (${count})`, "good"];
  }
  if ((state & SCHEDULED) !== 0) return ["scheduled", "warn"];
  if ((state & FAILED) !== 0) return ["failed", "warn"];
  return [" stopped ", "bad"];
}

/** How long ago a time was: "1 day(s) 02:03:04". */
function* uptime(rc: Rc, time: string): Steps<string> {
  const start = (yield* dateSeconds(rc.p, time)) ?? 0;
  const seconds = rc.sys.clock_gettime(0).sec - start;
  const days = Math.trunc(seconds / 86400);
  const parts = [seconds / 3600, seconds / 60, seconds].map((n, i) =>
    String(Math.trunc(n) % (i === 0 ? 24 : 60)).padStart(2, "0"),
  );
  return `${days > 0 ? `${days} day(s) ` : ""}${parts.join(":")}`;
}

/** What is shown, and how. */
class Table {
  readonly #rc: Rc;
  readonly #tty: boolean;
  ini = false;
  #tree: DepTree | undefined;

  constructor(rc: Rc) {
    this.#rc = rc;
    this.#tty = isatty(rc.sys, 1);
  }

  *tree(): Steps<DepTree | undefined> {
    this.#tree ??= (yield* loadDeptree(this.#rc)).tree;
    return this.#tree;
  }

  *level(prefix: string, name: string): Steps<void> {
    const rc = this.#rc;
    const head = prefix === "" ? "" : `${prefix} `;
    const { einfo } = rc;
    const shown = this.#tty ? einfo.color("hilite") + name + einfo.color("normal") : name;
    yield* rc.print(this.ini ? `[${head}${name}]\n` : `${head}Runlevel: ${shown}\n`);
  }

  *#service(name: string): Steps<void> {
    const rc = this.#rc;
    const [text, color] = yield* stateText(rc, name);
    if (this.ini) yield* rc.print(`${name} = ${text}\n`);
    else {
      const newline = this.#tty && rc.einfo.color("good") !== "" ? "\n" : "";
      yield* rc.print(` ${name}${newline}`);
      yield* rc.einfo.bracket(name.length + 1, color, text);
    }
  }

  /** Services in the order in which they start: those of a runlevel, or all that are given. */
  *services(level: string | undefined, names: readonly string[]): Steps<void> {
    const rc = this.#rc;
    const tree = yield* this.tree();
    let ordered: readonly string[] = names;
    if (tree !== undefined) {
      const here = level ?? (yield* runlevelGet(rc.sys));
      const options = { trace: true, strict: true, start: true, self: rc.self };
      ordered = depends(rc.sys, tree, ["ineed", "iuse", "iafter"], names, here, options);
    }
    for (const name of ordered)
      if (names.includes(name) && (level === undefined || inRunlevel(rc.sys, name, level)))
        yield* this.#service(name);
  }
}

/** Services without those that are in a runlevel. */
function* unassigned(rc: Rc): Steps<string[]> {
  const levels = yield* runlevelList(rc.sys);
  const services = yield* allServices(rc.sys);
  return services.filter((s) => !levels.some((level) => inRunlevel(rc.sys, s, level)));
}

/** Keeps services whose state has one of these bits, or (`not`) none of them. */
function* byState(
  rc: Rc,
  services: readonly string[],
  bits: number,
  not: boolean,
): Steps<string[]> {
  const kept: string[] = [];
  for (const service of services)
    if ((((yield* serviceState(rc.sys, service)) & bits) !== 0) !== not) kept.push(service);
  return kept;
}

function* crashed(rc: Rc): Steps<never> {
  let status = 1;
  const services = yield* servicesInState(rc.sys, "started");
  for (const service of services)
    if (yield* daemonsCrashed(rc.sys, service)) {
      yield* rc.print(`${service}\n`);
      status = 0;
    }
  throw new Exit(status);
}

/** Options that show one thing and are done. */
function* oneThing(rc: Rc, table: Table, key: string): Steps<void> {
  const { sys } = rc;
  switch (key) {
    case "c":
      return yield* crashed(rc);
    case "l":
      yield* rc.print((yield* runlevelList(sys)).map((l) => `${l}\n`).join(""));
      break;
    case "m":
      yield* table.services(
        undefined,
        yield* byState(rc, yield* unassigned(rc), STOPPED | HOTPLUGGED, true),
      );
      break;
    case "r":
      yield* rc.print(`${yield* runlevelGet(sys)}\n`);
      break;
    case "S": {
      const supervised: string[] = [];
      const started = yield* servicesInState(sys, "started");
      for (const service of started)
        if ((yield* valueGet(sys, service, "child_pid")) !== undefined) supervised.push(service);
      yield* table.services(undefined, supervised);
      break;
    }
    case "s":
      yield* table.services(undefined, yield* allServices(sys));
      break;
    default:
      yield* table.services(undefined, yield* unassigned(rc));
  }
  throw new Exit(0);
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo } = rc;
  const table = new Table(rc);
  let levels: string[] = [];
  let all = false;
  const words = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "a") {
      all = true;
      levels = yield* runlevelList(sys);
    } else if (key === "f") {
      if (value.toLowerCase() !== "ini")
        yield* einfo.eerrorx(`${rc.applet}: invalid argument to --format switch\n`);
      table.ini = true;
      rc.setenv("EINFO_QUIET", "YES");
    } else yield* oneThing(rc, table, key);
  });
  let given = false;
  for (const word of words) {
    if (runlevelExists(sys, word)) {
      given = true;
      levels.push(word);
    } else yield* einfo.eerror(`runlevel \`${word}' does not exist`);
  }
  if (words.length > 0 && !given) return 1;
  if (levels.length === 0) levels.push(yield* runlevelGet(sys));
  yield* table.tree();
  for (const level of levels) {
    yield* table.level("", level);
    yield* table.services(level, yield* servicesInRunlevel(sys, level));
    const stacked = yield* runlevelStacks(sys, level);
    for (const below of stacked) {
      if (levels.includes(below)) continue;
      yield* table.level("Stacked", below);
      yield* table.services(below, yield* servicesInRunlevel(sys, below));
    }
  }
  if (all || !given) yield* dynamic(rc, table, all ? [yield* runlevelGet(sys)] : levels);
  return 0;
}

/** Services that run though no runlevel has them. */
function* dynamic(rc: Rc, table: Table, shown: readonly string[]): Steps<void> {
  const { sys } = rc;
  yield* table.level("Dynamic", "hotplugged");
  yield* table.services(undefined, yield* servicesInState(sys, "hotplugged"));
  const levels = [...shown, SYSINIT, BOOT];
  const assigned = new Set<string>();
  for (const level of levels) {
    const names = yield* servicesInRunlevelStacked(sys, level);
    for (const name of names) assigned.add(name);
  }
  const manual: string[] = [];
  const services = yield* allServices(sys);
  for (const service of services) {
    const state = yield* serviceState(sys, service);
    const plain = assigned.has(service) || (state & (STOPPED | HOTPLUGGED)) !== 0;
    if (!plain || (state & FAILED) !== 0) manual.push(service);
  }
  const needed: string[] = [];
  const tree = yield* table.tree();
  if (tree !== undefined)
    for (const level of levels)
      for (const service of [...manual]) {
        const options = { trace: true, self: service };
        const types = ["needsme", "wantsme"];
        if (depends(sys, tree, types, [service], level, options).length === 0) continue;
        manual.splice(manual.indexOf(service), 1);
        needed.push(service);
      }
  yield* table.level("Dynamic", "needed/wanted");
  yield* table.services(undefined, needed);
  yield* table.level("Dynamic", "manual");
  yield* table.services(undefined, manual);
}

/** The program. */
export const rcStatus: Program = rcProgram(main);

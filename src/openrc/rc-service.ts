// rc-service, also called service: finds a service and runs its script (rc-service(8)).
import { Errno } from "../abi/errno.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { daemonsCrashed } from "./librc/daemon.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import {
  allServices,
  INACTIVE,
  resolveService,
  STARTED,
  STOPPED,
  serviceState,
} from "./librc/service.ts";
import { rcOptions, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "cdDe:ilr:INsSZ",
  usage: `Usage: rc-service [options] [-i] <service> <cmd>...
   or: rc-service [options] -e <service>
   or: rc-service [options] -l
   or: rc-service [options] -r <service>`,
  options: [
    ["d", "debug", "", "Trace what the script does"],
    ["D", "nodeps", "", "Leave other services alone"],
    ["e", "exists", "<arg>", "Is there such a service?"],
    ["c", "ifcrashed", "", "Run the command if the service has crashed"],
    ["i", "ifexists", "", "Run the command if there is such a service"],
    ["I", "ifinactive", "", "Run the command if the service is inactive"],
    ["N", "ifnotstarted", "", "Run the command if the service is not started"],
    ["s", "ifstarted", "", "Run the command if the service is started"],
    ["S", "ifstopped", "", "Run the command if the service is stopped"],
    ["l", "list", "", "List all services"],
    ["r", "resolve", "<arg>", "Show the script of a service"],
    ["Z", "dry-run", "", "Only tell what would be done"],
  ],
};

function* list(rc: Rc): Steps<never> {
  const names = (yield* allServices(rc.sys)).sort();
  yield* rc.print(names.map((name) => `${name}\n`).join(""));
  throw new Exit(names.length > 0 ? 0 : 1);
}

/** Do the conditions given as options allow the command? */
function* allowed(rc: Rc, name: string, conditions: ReadonlySet<string>): Steps<boolean> {
  const state = yield* serviceState(rc.sys, name);
  if (conditions.has("c") && !(yield* daemonsCrashed(rc.sys, name))) return false;
  if (conditions.has("I") && (state & INACTIVE) === 0) return false;
  if (conditions.has("N") && (state & STARTED) !== 0) return false;
  if (conditions.has("s") && (state & STARTED) === 0) return false;
  return !conditions.has("S") || (state & STOPPED) !== 0;
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo } = rc;
  // Quiet is only who is told so here.
  rc.p.env.delete("EINFO_QUIET");
  const conditions = new Set<string>();
  const [name, ...args] = yield* rcOptions(rc, USAGE, function* (key, value) {
    if (key === "d") rc.setenv("RC_DEBUG", "yes");
    else if (key === "D") rc.setenv("RC_NODEPS", "yes");
    else if (key === "Z") rc.setenv("IN_DRYRUN", "yes");
    else if (key === "l") yield* list(rc);
    else if (key === "e") throw new Exit(resolveService(sys, value) === undefined ? 1 : 0);
    else if (key === "r") {
      const path = resolveService(sys, value);
      if (path === undefined) throw new Exit(1);
      yield* rc.print(`${path}\n`);
      throw new Exit(0);
    } else conditions.add(key);
  });
  if (name === undefined)
    return yield* einfo.eerrorx(`${rc.applet}: you need to specify a service`);
  const path = resolveService(sys, name);
  if (path === undefined) {
    if (conditions.has("i")) return 0;
    return yield* einfo.eerrorx(`${rc.applet}: service \`${name}' does not exist`);
  }
  if (!(yield* allowed(rc, name, conditions))) return 0;
  yield* rc.flush();
  try {
    const call = sys.execve(path, [path, ...args], rc.p.environ());
    return isSteps(call) ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return yield* einfo.eerrorx(`${rc.applet}: ${strerror(e)}`);
  }
}

/** The program. */
export const rcService: Program = rcProgram(main);

// openrc-shutdown: has openrc-init take the system down, now or later (openrc-shutdown(8)).
import { EINTR, Errno } from "../abi/errno.ts";
import { O_NONBLOCK, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { SIGINT, SIGTERM } from "../abi/signal.ts";
import { bytesOf } from "../lib/bytes.ts";
import { Exit } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { localtime } from "../libc/time/zone.ts";
import { timezone } from "../libc/tzset.ts";
import { open, unlink, writeFile } from "../libc/unistd.ts";
import { pidOf } from "./librc/daemon-process.ts";
import { done } from "./librc/dirs.ts";
import { LOG_NOTICE } from "./librc/einfo.ts";
import { INIT_FIFO } from "./librc/paths.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { setSignal } from "./librc/signals.ts";
import { rcOptions, showUsage, type Usage } from "./librc/usage.ts";

const USAGE: Usage = {
  letters: "cdDfFHKpRrsw",
  usage: `Usage: openrc-shutdown -c | --cancel
   or: openrc-shutdown -R | --reexec
   or: openrc-shutdown -w | --write-only
   or: openrc-shutdown -H | --halt time
   or: openrc-shutdown -K | --kexec time
   or: openrc-shutdown -p | --poweroff time
   or: openrc-shutdown -r | --reboot time
   or: openrc-shutdown -s | --single time`,
  options: [
    ["c", "cancel", "", "Call off a shutdown"],
    ["d", "no-write", "", "Write nothing to wtmp"],
    ["D", "dry-run", "", "Only tell what would be done"],
    ["H", "halt", "", "Stop the system"],
    ["K", "kexec", "", "Start another kernel"],
    ["p", "poweroff", "", "Stop the system and switch it off"],
    ["R", "reexec", "", "Have init run its new version"],
    ["r", "reboot", "", "Start the system anew"],
    ["s", "single", "", "Single user"],
    ["w", "write-only", "", "Only write to wtmp"],
  ],
};

const NOLOGIN = "/etc/nologin";
const PIDFILE = "/run/openrc-shutdown.pid";

/** What init is told, and what people are told, by option. */
const ACTIONS: Readonly<Record<string, readonly [command: string, text: string]>> = {
  H: ["halt", "halt"],
  K: ["kexec", "reboot"],
  p: ["poweroff", "power off"],
  r: ["reboot", "reboot"],
  s: ["single", "go down for maintenance"],
};

function* cancel(rc: Rc): Steps<number> {
  const { einfo, applet, sys } = rc;
  const pid = yield* pidOf(rc, PIDFILE);
  if (pid instanceof Errno || pid <= 0 || !done(() => sys.kill(pid, SIGTERM)))
    return yield* einfo.eerrorx(`${applet}: Unable to cancel shutdown`);
  yield* einfo.einfo(`${applet}: shutdown canceled`);
  return 0;
}

function* send(rc: Rc, command: string, dry: boolean): Steps<void> {
  const { sys } = rc;
  if (dry) return yield* rc.einfo.einfo(`Would send ${command} to init`);
  try {
    // Without an init that listens there is nobody to wait for.
    let fd = open(sys, INIT_FIFO, O_WRONLY | O_NONBLOCK);
    if (isSteps(fd)) fd = yield* fd;
    const call = sys.write(fd, bytesOf(command));
    if (isSteps(call)) yield* call;
    sys.close(fd);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* rc.complain(`fopen: ${strerror(e)}`);
  }
}

/** Minutes until "now", "+5", "5" or "23:30". */
function* delay(rc: Rc, text: string): Steps<number> {
  const { einfo, applet } = rc;
  const word = text.replace(/^\+/, "");
  if (word.toLowerCase() === "now") return 0;
  const clock = /^(\d{1,2}):(\d{1,2})$/.exec(word);
  if (clock !== null && Number(clock[1]) < 24 && Number(clock[2]) < 60) {
    const now = localtime(rc.sys.clock_gettime(0).sec, yield* timezone(rc.p));
    const minutes = Number(clock[1]) * 60 + Number(clock[2]);
    const left = minutes - ((now?.hour ?? 0) * 60 + (now?.min ?? 0));
    return left < 0 ? left + 1440 : left;
  }
  if (/^\d*$/.test(word)) return Number(word);
  yield* einfo.eerror(`${applet}: invalid time ${word}`);
  return yield* showUsage(rc, USAGE, 1);
}

/** Is it time to remind people? The nearer, the more often. */
function reminds(minutes: number): boolean {
  if (minutes > 180) return minutes % 60 === 0;
  if (minutes > 60) return minutes % 30 === 0;
  return minutes <= 10 || minutes % 15 === 0;
}

function* main(rc: Rc): Steps<number> {
  const { sys, einfo, applet } = rc;
  const modes: string[] = [];
  let dry = false;
  const [time] = yield* rcOptions(rc, USAGE, function* (key) {
    if (key === "D") dry = true;
    else if (key !== "d") modes.push(key);
  });
  if (sys.geteuid() !== 0) yield* einfo.eerrorx(`${applet}: you must be root\n`);
  const mode = modes[0];
  if (mode === undefined || modes.length !== 1) {
    yield* einfo.eerror(
      `${applet}: Select one of --cancel, --halt, --kexec, --poweroff, --reexec, --reboot, --single or \n--write-only\n`,
    );
    return yield* showUsage(rc, USAGE, 1);
  }
  if (mode === "c") return yield* cancel(rc);
  if (mode === "R") {
    yield* send(rc, "reexec", dry);
    return 0;
  }
  const action = ACTIONS[mode];
  // musl keeps no wtmp.
  if (action === undefined) return 0;
  if (time === undefined) {
    yield* einfo.eerror(`${applet}: No shutdown time specified`);
    return yield* showUsage(rc, USAGE, 1);
  }
  const [command, text] = action;
  yield* countDown(rc, yield* delay(rc, time));
  einfo.syslog(LOG_NOTICE, applet, `The system will ${text} now`);
  done(() => unlink(sys, NOLOGIN));
  done(() => unlink(sys, PIDFILE));
  yield* send(rc, command, dry);
  return 0;
}

function* countDown(rc: Rc, minutes: number): Steps<void> {
  const { sys, einfo, applet } = rc;
  let called = false;
  for (const signo of [SIGINT, SIGTERM])
    setSignal(sys, signo, () => {
      called = true;
    });
  try {
    yield* writeFile(sys, PIDFILE, `${sys.getpid()}\n`);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    yield* einfo.eerrorx(`${applet}: fopen \`${PIDFILE}': ${strerror(e)}`);
  }
  for (let left = minutes; left > 0; left--) {
    if (left <= 5) {
      const end = yield* rc.ctime(sys.clock_gettime(0).sec + 60 * left);
      yield* writeFile(sys, NOLOGIN, `\rThe system is going down on ${end}\n\r\n`);
    }
    if (reminds(left))
      einfo.syslog(LOG_NOTICE, applet, `The system will go down in ${left} minutes`);
    try {
      const nap = sys.nanosleep(60_000);
      if (isSteps(nap)) yield* nap;
    } catch (e) {
      if (e !== EINTR) throw e;
    }
    if (called) {
      done(() => unlink(sys, NOLOGIN));
      done(() => unlink(sys, PIDFILE));
      yield* einfo.einfo("Shutdown cancelled");
      throw new Exit(0);
    }
  }
}

/** The program. */
export const openrcShutdown: Program = rcProgram(main);

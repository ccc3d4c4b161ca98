// jobs fg bg wait kill (POSIX XCU jobs, fg, bg, wait, kill)
import { EINVAL, Errno, ESRCH } from "../../abi/errno.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { SIGCONT, SIGTERM } from "../../abi/signal.ts";
import { strerror } from "../../libc/strerror.ts";
import { signalList, signalName, signalNumber } from "../../libc/strsignal.ts";
import { type Builtin, regular } from "../bltin.ts";
import {
  findJob,
  type Job,
  jobStatus,
  reap,
  setForeground,
  showJob,
  waitForJob,
  waitOne,
} from "../jobs.ts";
import { INTERRUPT, type Shell } from "../shell.ts";
import { options } from "./vars.ts";

function jobOrThrow(sh: Shell, arg: string | undefined): Job {
  const job = findJob(sh, arg);
  if (typeof job === "string") throw sh.error(job);
  return job;
}

function* jobsMain(sh: Shell, argv: readonly string[]): Steps<number> {
  const { given, rest } = options(sh, argv, "lp");
  const mode = given === "" ? "plain" : given.endsWith("l") ? "long" : "pids";
  yield* reap(sh);
  let text = "";
  if (rest.length > 0) {
    for (const arg of rest) text += showJob(sh, jobOrThrow(sh, arg), mode);
  } else {
    const own = sh.jobs.order.length > 0 || sh.jobs.inherited === undefined;
    const table = own ? sh.jobs : (sh.jobs.inherited as typeof sh.jobs);
    for (const job of table.order.slice()) {
      if (!job.background && job.state === "running" && !job.control) continue;
      if (job.id === 0) continue;
      text += showJob(sh, job, mode);
      if (own && job.state === "done" && mode !== "pids") table.free(job);
      job.changed = false;
    }
  }
  const p = sh.print(text);
  return isSteps(p) ? yield* p : p;
}

function resume(sh: Shell, job: Job): void {
  if (job.state === "done") return;
  job.state = "running";
  for (const proc of job.procs) {
    if ((proc.status & 0xff) === 0x7f) proc.status = -1;
  }
  try {
    sh.sys.kill(-(job.procs[0]?.pid ?? 0), SIGCONT);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

function texts(job: Job): string {
  return job.procs.map((proc) => proc.text).join(" | ");
}

function* fgMain(sh: Shell, argv: readonly string[]): Steps<number> {
  const foreground = argv[0] === "fg";
  const { rest } = options(sh, argv, "");
  let status = 0;
  let at = 0;
  do {
    const job = jobOrThrow(sh, rest[at]);
    if (!job.control) {
      throw sh.error(`job ${rest[at] ?? "(null)"} not created under job control`);
    }
    if (!foreground) {
      job.background = true;
      const p = sh.print(`[${job.id}] ${texts(job)}\n`);
      if (isSteps(p)) yield* p;
      resume(sh, job);
      status = 0;
      continue;
    }
    sh.jobs.raise(job);
    const p = sh.print(`${texts(job)}\n`);
    if (isSteps(p)) yield* p;
    job.background = false;
    setForeground(sh, job.procs[0]?.pid ?? 0);
    resume(sh, job);
    status = yield* waitForJob(sh, job);
  } while (++at < rest.length);
  return status;
}

/** A signal that came while waiting: what wait returns then. */
function interruption(sh: Shell): number | undefined {
  if (sh.interrupted) throw INTERRUPT;
  const signo = sh.pendingSignals[0];
  return signo === undefined ? undefined : 128 + signo;
}

function* waitMain(sh: Shell, argv: readonly string[]): Steps<number> {
  const { given, rest } = options(sh, argv, "n");
  if (given.includes("n")) return yield* waitNext(sh, rest);
  if (rest.length === 0) {
    for (;;) {
      const status = interruption(sh);
      if (status !== undefined) return status;
      if (!sh.jobs.order.some((job) => job.state === "running")) break;
      if ((yield* waitOne(sh, true, undefined)) === "nochild") break;
    }
    for (const job of sh.jobs.order) job.waited = true;
    return 0;
  }
  let status = 127;
  for (const arg of rest) {
    let job: Job | undefined;
    if (arg.startsWith("%")) job = jobOrThrow(sh, arg);
    else {
      if (!/^[0-9]+$/.test(arg)) throw sh.error(`Illegal number: ${arg}`);
      job = sh.jobs.order.find((j) => j.procs[j.procs.length - 1]?.pid === Number(arg));
    }
    status = 127;
    if (job === undefined) continue;
    for (;;) {
      const interrupted = interruption(sh);
      if (interrupted !== undefined) return interrupted;
      if (job.state !== "running") break;
      if ((yield* waitOne(sh, true, job)) === "nochild") break;
    }
    job.waited = true;
    status = jobStatus(sh, job);
  }
  return status;
}

/** wait -n: the first of the jobs to end. */
function* waitNext(sh: Shell, args: readonly string[]): Steps<number> {
  const wanted = args.map((arg) => jobOrThrow(sh, arg));
  for (;;) {
    const jobs = wanted.length > 0 ? wanted : sh.jobs.order;
    const done = jobs.find((job) => job.state === "done" && !job.waited);
    if (done !== undefined) {
      done.waited = true;
      return jobStatus(sh, done);
    }
    if (!jobs.some((job) => job.state === "running")) return 127;
    const status = interruption(sh);
    if (status !== undefined) return status;
    if ((yield* waitOne(sh, true, undefined)) === "nochild") return 127;
  }
}

function killMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  let at = 1;
  let signo = SIGTERM;
  const first = argv[1];
  if (first === "-l") {
    if (argv.length === 2) return sh.print(signalList());
    return listSignals(sh, argv.slice(2));
  }
  if (first?.startsWith("-") === true && first.length > 1) {
    let name = first.slice(1);
    at = 2;
    if (first === "--") name = "TERM";
    else if (first === "-s" && argv[2] !== undefined) {
      name = argv[2];
      at = 3;
    }
    signo = signalNumber(name);
    if (signo < 0) return sh.appletComplaint(`bad signal name '${name}'`, 1);
    if (first !== "--" && argv[at] === "--") at++;
  }
  if (at >= argv.length) return sh.appletComplaint("you need to specify whom to kill", 1);
  let complaints = "";
  for (const arg of argv.slice(at)) complaints += killOne(sh, arg, signo);
  return complaints === "" ? 0 : sh.print2(complaints, 1);
}

function killOne(sh: Shell, arg: string, signo: number): string {
  if (arg.startsWith("%")) {
    const job = jobOrThrow(sh, arg);
    let complaint = "";
    const pids = job.control
      ? [-(job.procs[0]?.pid ?? 0)]
      : job.procs.filter((proc) => proc.status < 0).map((proc) => proc.pid);
    for (const pid of pids) complaint += send(sh, pid, signo);
    if (job.control && job.state === "stopped" && signo === SIGTERM) resume(sh, job);
    return complaint;
  }
  if (!/^-?[0-9]{1,15}$/.test(arg)) return `${sh.appletName}: invalid number '${arg}'\n`;
  return send(sh, Number(arg), signo);
}

function send(sh: Shell, pid: number, signo: number): string {
  try {
    sh.sys.kill(pid, signo);
    return "";
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return `${sh.appletName}: can't kill pid ${pid}: ${strerror(e === EINVAL && signo === 0 ? ESRCH : e)}\n`;
  }
}

function listSignals(sh: Shell, args: readonly string[]): Blocking<number> {
  let text = "";
  let complaints = "";
  for (const arg of args) {
    if (/^[0-9]{1,9}$/.test(arg)) {
      const n = Number(arg) & 127;
      text += `${n > 64 ? Number(arg) & 255 : signalName(n)}\n`;
      continue;
    }
    const signo = signalNumber(arg);
    if (signo < 0) complaints += `${sh.appletName}: unknown signal '${arg}'\n`;
    else text += `${signo}\n`;
  }
  return sh.printBoth(text, complaints, complaints === "" ? 0 : 1);
}

export const JOBS = (): readonly Builtin[] => [
  regular("jobs", jobsMain),
  regular("fg", fgMain),
  regular("bg", fgMain),
  regular("wait", waitMain),
  regular("kill", killMain),
];

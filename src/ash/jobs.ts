// Jobs (POSIX XCU 2.11, bg, fg, jobs, wait): which children belong together and what became of them.
import { ECHILD, EINTR, Errno } from "../abi/errno.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import {
  SIGINT,
  SIGPIPE,
  WEXITSTATUS,
  WIFEXITED,
  WIFSTOPPED,
  WNOHANG,
  WSTOPSIG,
  WTERMSIG,
  WUNTRACED,
} from "../abi/signal.ts";
import { TIOCSPGRP } from "../abi/termios.ts";
import { strsignal } from "../libc/strsignal.ts";
import type { Job, JobState, Proc } from "./jobtable.ts";
import { INTERRUPT, type Shell } from "./shell.ts";

export type { Job };

/** Exit status of a wait status. */
function statusOf(status: number): number {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  return 128 + (WIFSTOPPED(status) ? WSTOPSIG(status) : WTERMSIG(status));
}

/** Exit status of a job: of its last process, or with pipefail of the last that failed. */
export function jobStatus(sh: Shell, job: Job): number {
  let status = statusOf((job.procs[job.procs.length - 1] as Proc).status);
  if (sh.opts.pipefail) {
    for (let i = job.procs.length - 1; i >= 0 && status === 0; i--) {
      status = statusOf((job.procs[i] as Proc).status);
    }
  }
  return status;
}

/** Words for a wait status; with `signalsOnly` just deaths that are worth a message. */
function statusText(status: number, signalsOnly: boolean): string {
  if (WIFEXITED(status)) {
    if (signalsOnly) return "";
    const code = WEXITSTATUS(status);
    return code === 0 ? "Done" : `Done(${code})`;
  }
  const stopped = WIFSTOPPED(status);
  const signal = stopped ? WSTOPSIG(status) : WTERMSIG(status);
  if (signalsOnly && (stopped || signal === SIGINT || signal === SIGPIPE)) return "";
  return strsignal(signal);
}

/** Notes what wait4 told of a child. Returns its job. */
function note(sh: Shell, pid: number, status: number): Job | undefined {
  const { jobs } = sh;
  for (let at = 0; at < jobs.order.length; at++) {
    const job = jobs.order[at] as Job;
    let hit = false;
    let running = false;
    let stopped = false;
    for (let i = 0; i < job.procs.length; i++) {
      const proc = job.procs[i] as Proc;
      if (proc.pid === pid && (proc.status < 0 || WIFSTOPPED(proc.status))) {
        proc.status = status;
        hit = true;
      }
      if (proc.status < 0) running = true;
      else if (WIFSTOPPED(proc.status)) stopped = true;
    }
    if (!hit) continue;
    if (!running) {
      const state: JobState = stopped ? "stopped" : "done";
      if (state !== job.state) {
        job.state = state;
        job.changed = true;
        if (state === "stopped") jobs.raise(job);
      }
    }
    return job;
  }
  return undefined;
}

/** What a wait came to: a job heard of, nothing (WNOHANG), no children, or a signal in between. */
type Heard = Job | "other" | "none" | "nochild" | "signal";

function* heardLater(
  sh: Shell,
  call: ReturnType<Shell["sys"]["wait4"]>,
  shown: Job | undefined,
): Steps<Heard> {
  let waited: { pid: number; status: number } | undefined;
  try {
    waited = isSteps(call) ? yield* call : call;
  } catch (e) {
    return waitFault(e);
  }
  if (waited === undefined) return "none";
  return yield* heard(sh, waited.pid, waited.status, shown);
}

function waitFault(e: unknown): Heard {
  if (e === EINTR) return "signal";
  if (e === ECHILD) return "nochild";
  throw e;
}

function* heard(sh: Shell, pid: number, status: number, shown: Job | undefined): Steps<Heard> {
  const job = note(sh, pid, status);
  if (job === undefined) return "other";
  if (job === shown) {
    const text = statusText(status, true);
    if (text !== "") {
      const w = sh.print2(`${text}\n`, 0);
      if (isSteps(w)) yield* w;
    }
  }
  return job;
}

/** Waits for any child once; deaths of the processes of `shown` by signals are told. */
export function* waitOne(sh: Shell, block: boolean, shown: Job | undefined): Steps<Heard> {
  const flags = (block ? 0 : WNOHANG) | (sh.opts.monitor ? WUNTRACED : 0);
  let call: ReturnType<Shell["sys"]["wait4"]>;
  try {
    call = sh.sys.wait4(-1, flags);
  } catch (e) {
    return waitFault(e);
  }
  return yield* heardLater(sh, call, shown);
}

/** Waits for a job in the foreground: its status. A finished job leaves the table. */
export function* waitForJob(sh: Shell, job: Job): Steps<number> {
  while (job.state === "running") {
    const heard = yield* waitOne(sh, true, job);
    if (heard === "nochild") {
      for (const proc of job.procs) if (proc.status < 0) proc.status = 127 << 8;
      job.state = "done";
    }
  }
  const status = jobStatus(sh, job);
  if (job.control) {
    takeTerminal(sh);
    const last = (job.procs[job.procs.length - 1] as Proc).status;
    if (!WIFEXITED(last) && !WIFSTOPPED(last) && WTERMSIG(last) === SIGINT && sh.isRoot) {
      sh.jobs.free(job);
      if (sh.opts.interactive) {
        sh.status = status;
        throw INTERRUPT;
      }
    }
  }
  if (job.state === "done") sh.jobs.free(job);
  return status;
}

/** Makes the shell's own process group the foreground one. */
export function takeTerminal(sh: Shell): void {
  setForeground(sh, sh.rootPgrp);
}

export function setForeground(sh: Shell, pgrp: number): void {
  if (sh.ttyFd < 0) return;
  try {
    sh.sys.ioctl(sh.ttyFd, TIOCSPGRP, pgrp);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** Text of one job as `jobs` prints it. */
export function showJob(sh: Shell, job: Job, mode: "plain" | "long" | "pids"): string {
  const { order } =
    sh.jobs.inherited !== undefined && sh.jobs.order.length === 0 ? sh.jobs.inherited : sh.jobs;
  if (mode === "pids") return `${job.procs[0]?.pid}\n`;
  const mark = job === order[0] ? "+" : job === order[1] ? "-" : " ";
  let out = "";
  for (const [i, proc] of job.procs.entries()) {
    const head = i === 0 ? `[${job.id}]${mark}  ` : "      ";
    if (i > 0 && mode === "plain") {
      out += ` | ${proc.text}`;
      continue;
    }
    let line = head;
    if (mode === "long") line += `${proc.pid} `;
    if (i === 0) {
      const shown = (job.procs[job.procs.length - 1] as Proc).status;
      line += job.state === "running" ? "Running" : statusText(shown, false);
    }
    line = line.padEnd(33);
    if (i > 0) line += "| ";
    out += i > 0 ? `\n${line}${proc.text}` : line + proc.text;
  }
  return `${out}\n`;
}

/** Jobs with news, as told before a prompt; the finished ones leave the table. */
export function changedJobs(sh: Shell): string {
  let out = "";
  for (const job of sh.jobs.order.slice()) {
    if (!job.changed) continue;
    if (job.background || job.state === "stopped") out += showJob(sh, job, "plain");
    job.changed = false;
    if (job.state === "done") sh.jobs.free(job);
  }
  return out;
}

/** Notes all children that have changed, without waiting. */
export function* reap(sh: Shell): Steps<void> {
  for (;;) {
    const heard = yield* waitOne(sh, false, undefined);
    if (typeof heard === "string" && heard !== "other") return;
  }
}

/** The job that an argument means: %N, %+, %%, %-, %name, %?text, a pid. A string is the complaint. */
export function findJob(sh: Shell, arg: string | undefined): Job | string {
  const { order, jobs } = sh.jobs;
  if (arg === undefined || arg === "%" || arg === "%%" || arg === "%+") {
    return order[0] ?? "No current job";
  }
  if (arg === "%-") return order[1] ?? "No previous job";
  if (!arg.startsWith("%")) {
    if (/^[0-9]+$/.test(arg)) {
      const job = sh.jobs.ofPid(Number(arg));
      if (job !== undefined) return job;
    }
    return `${arg}: no such job`;
  }
  const rest = arg.slice(1);
  if (/^[0-9]+$/.test(rest)) return jobs[Number(rest)] ?? `${arg}: no such job`;
  const inside = rest.startsWith("?");
  const text = inside ? rest.slice(1) : rest;
  const found = order.filter((job) => {
    const own = job.procs[0]?.text ?? "";
    return inside ? own.includes(text) : own.startsWith(text);
  });
  if (found.length > 1) return `${arg}: ambiguous`;
  return found[0] ?? `${arg}: no such job`;
}

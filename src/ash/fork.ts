// Children that go on with the shell's state: subshells, pipelines, background jobs, substitutions.
import { EBADF, EINTR, Errno } from "../abi/errno.ts";
import { AT_FDCWD, F_DUPFD, O_RDONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { concat, strOf } from "../lib/bytes.ts";
import { commandText } from "./cmdtext.ts";
import { drive } from "./deep.ts";
import { type Job, setForeground, waitForJob } from "./jobs.ts";
import type { Node } from "./nodes.ts";
import { INTERRUPT, type Run, type Shell, ShellError, ShellExit } from "./shell.ts";
import { exitShell, forkSafely, ignoreKeyboard, resetRootSignals, resetTraps } from "./trap.ts";

const FOREGROUND = 0;
const BACKGROUND = 1;
/** A command substitution: no job control, and `trap` shows the parent's traps. */
const NOJOB = 2;
type ForkMode = typeof FOREGROUND | typeof BACKGROUND | typeof NOJOB;

/** Bytes read of a substitution at a time, and at most. */
const CHUNK = 65536;
const MAX_SUBSTITUTION = 1 << 28;
/** First descriptor for process substitution. */
const PROC_FD = 64;

/** Runs `run` as the whole of a shell: catches what ends it, runs the EXIT trap. */
export function* runToEnd(sh: Shell, run: Run): Steps<number> {
  try {
    return yield* runAndExit(sh, run);
  } finally {
    sh.release();
  }
}

function* runAndExit(sh: Shell, run: Run): Steps<number> {
  let status: number;
  try {
    const r = run(sh);
    status = typeof r === "number" ? r : yield* drive(r);
  } catch (e) {
    if (e instanceof ShellExit) status = e.status;
    else if (e instanceof ShellError) {
      status = e.status;
      if (e.message !== "") {
        const w = sh.print2(`${e.message}\n`, 0);
        if (isSteps(w)) yield* w;
      }
    } else if (e === INTERRUPT) status = 130;
    else throw e;
  }
  return yield* drive(exitShell(sh, status));
}

function closeQuietly(sys: Sys, fd: number): void {
  try {
    sys.close(fd);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

function* nullInput(sys: Sys): Steps<void> {
  try {
    closeQuietly(sys, 0);
    const fd = sys.openat(AT_FDCWD, "/dev/null", O_RDONLY);
    if (isSteps(fd)) yield* fd;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** Has the shell job control of its own, so that children get process groups? */
export function controlsJobs(sh: Shell): boolean {
  return sh.opts.monitor && sh.isRoot;
}

/** Puts a new child where it belongs among process groups: called in both parent and child. */
export function placeChild(
  sh: Shell,
  sys: Sys,
  pid: number,
  leader: number,
  foreground: boolean,
): void {
  try {
    sys.setpgid(pid, leader);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  if (foreground) setForeground(sh, leader);
}

/** What a child that goes on with the shell's state is to know. */
interface Start {
  /** The parent, as long as nothing has been awaited. */
  sh: Shell;
  child: Shell;
  control: boolean;
  /** The job's first process; 0 when the child is that. */
  first: number;
  mode: ForkMode;
  node: Node | null;
  prepare: ((sys: Sys) => void) | undefined;
  run: Run;
}

// Not a function inside forkShell: V8 makes a hidden class for each generator function that is called,
// and that keeps the whole child until the next collection of the old generation.
function* childShell(start: Start, sys: Sys, ready: () => void): Steps<number> {
  const { sh, child, control, first, mode } = start;
  child.sys = sys;
  if (control) {
    placeChild(child, sys, 0, first === 0 ? sys.getpid() : first, mode === FOREGROUND);
  }
  start.prepare?.(sys);
  resetTraps(child, mode === NOJOB);
  resetRootSignals(sh, sys);
  ready();
  if (mode === BACKGROUND && !control) {
    ignoreKeyboard(child);
    if (first === 0) yield* nullInput(sys);
  }
  child.opts.monitor = false;
  child.ttyFd = -1;
  // As the original has it, -e is not for substitutions.
  if (mode === NOJOB) child.opts.errexit = false;
  if (!isJobs(start.node)) child.jobs.inherited = undefined;
  return yield* runToEnd(child, start.run);
}

/** Forks a child that runs `run` with the shell's state; `prepare` moves its descriptors. */
function forkShell(
  sh: Shell,
  job: Job,
  mode: ForkMode,
  node: Node | null,
  prepare: ((sys: Sys) => void) | undefined,
  run: Run,
): number {
  const child = sh.fork();
  const control = job.control;
  const first = job.procs[0]?.pid ?? 0;
  const start: Start = { sh, child, control, first, mode, node, prepare, run };
  const pid = forkSafely(sh, (sys, ready) => childShell(start, sys, ready));
  const leader = first === 0 ? pid : first;
  if (control) placeChild(sh, sh.sys, pid, leader, mode === FOREGROUND);
  const text = control && node !== null ? commandText(node) : "";
  job.procs.push({ pid, status: -1, text });
  return pid;
}

/** `jobs` itself, as all of a pipeline's member or substitution: it lists the jobs of the parent. */
function isJobs(node: Node | null): boolean {
  const first = node?.type === "cmd" ? node.args[0]?.parts[0] : undefined;
  return first?.t === "lit" && first.s === "jobs";
}

export function spawnSubshell(sh: Shell, node: Node, run: Run): Job {
  const job = sh.jobs.make(controlsJobs(sh), false);
  forkShell(sh, job, FOREGROUND, node, undefined, run);
  return job;
}

/** Starts all members of a pipeline. */
export function spawnPipeline(
  sh: Shell,
  nodes: readonly Node[],
  members: readonly Run[],
  background: boolean,
): Job {
  const { sys } = sh;
  const job = sh.jobs.make(controlsJobs(sh), background);
  const mode = background ? BACKGROUND : FOREGROUND;
  let from = -1;
  for (let i = 0; i < members.length; i++) {
    const input = from;
    let reader = -1;
    let writer = -1;
    if (i < members.length - 1) [reader, writer] = sys.pipe2(0);
    const prepare = (child: Sys): void => {
      if (reader >= 0) child.close(reader);
      if (input > 0) {
        child.dup2(input, 0);
        child.close(input);
      }
      if (writer >= 0 && writer !== 1) {
        child.dup2(writer, 1);
        child.close(writer);
      }
    };
    forkShell(sh, job, mode, nodes[i] as Node, prepare, members[i] as Run);
    if (input >= 0) sys.close(input);
    if (writer >= 0) sys.close(writer);
    from = reader;
  }
  return job;
}

/** `command &`. */
export function spawnBackground(sh: Shell, node: Node, run: Run): number {
  const job = sh.jobs.make(controlsJobs(sh), true);
  sh.lastBackground = forkShell(sh, job, BACKGROUND, node, undefined, run);
  sh.status = 0;
  return 0;
}

/** As {@link spawnBackground}, for a pipeline: its members are the job's own processes. */
export function spawnBackgroundPipe(
  sh: Shell,
  nodes: readonly Node[],
  members: readonly Run[],
): number {
  const job = spawnPipeline(sh, nodes, members, true);
  sh.lastBackground = job.procs[job.procs.length - 1]?.pid;
  sh.status = 0;
  return 0;
}

/** `$(...)`: what the commands write, without newlines at the end; their status in `backStatus`. */
export function* substitute(sh: Shell, body: Node, run: Run): Steps<string> {
  const { sys } = sh;
  const [reader, writer] = sys.pipe2(0);
  const job = sh.jobs.make(false, false);
  forkShell(
    sh,
    job,
    NOJOB,
    body,
    (child) => {
      child.close(reader);
      if (writer !== 1) {
        child.dup2(writer, 1);
        child.close(writer);
      }
    },
    run,
  );
  sys.close(writer);
  let text: string;
  try {
    text = yield* readText(sh, reader);
  } finally {
    closeQuietly(sys, reader);
  }
  sh.backStatus = yield* waitForJob(sh, job);
  return text;
}

function* readText(sh: Shell, fd: number): Steps<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    try {
      let bytes = sh.sys.read(fd, CHUNK);
      if (isSteps(bytes)) bytes = yield* bytes;
      if (bytes.length === 0) break;
      chunks.push(bytes);
      size += bytes.length;
      if (size > MAX_SUBSTITUTION) throw sh.error("out of memory");
    } catch (e) {
      if (e === EINTR) {
        if (sh.interrupted) throw INTERRUPT;
        continue;
      }
      if (e instanceof Errno) break;
      throw e;
    }
  }
  if (chunks.length === 0) return "";
  let text = strOf(concat(chunks));
  if (text.includes("\0")) text = text.replaceAll("\0", "");
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 10) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** `<(...)` and `>(...)`: the name of a pipe's end; closed after the command. */
export function substituteProcess(sh: Shell, run: Run, out: boolean): string {
  const { sys } = sh;
  const [reader, writer] = sys.pipe2(0);
  const [mine, theirs] = out ? [writer, reader] : [reader, writer];
  const job: Job = {
    id: 0,
    procs: [],
    state: "running",
    control: false,
    background: true,
    changed: false,
    waited: true,
  };
  forkShell(
    sh,
    job,
    NOJOB,
    null,
    (child) => {
      child.close(mine);
      const to = out ? 0 : 1;
      if (theirs !== to) {
        child.dup2(theirs, to);
        child.close(theirs);
      }
    },
    run,
  );
  sys.close(theirs);
  let fd = mine;
  try {
    fd = sys.fcntl(mine, F_DUPFD, PROC_FD);
    sys.close(mine);
  } catch (e) {
    if (!(e instanceof Errno) || e === EBADF) throw e;
  }
  sh.procFds.push(fd);
  return `/dev/fd/${fd}`;
}

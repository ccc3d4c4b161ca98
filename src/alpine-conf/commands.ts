// Commands that the programs of this room run through PATH, as `cmd`, `$(cmd)` and `cmd <<EOF` in a script.
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, O_RDWR } from "../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../abi/program.ts";
import { bytesOf, strOf } from "../lib/bytes.ts";
import type { Process } from "../libc/process.ts";
import { exitStatus, findExecutable, spawn, waitpid } from "../libc/spawn.ts";
import { readAll, writeAll } from "../libc/unistd.ts";

/** Most that is kept of what a command prints. */
const OUTPUT_MAX = 0x100_0000;

/** Where a command's streams lead; where nothing is said they are ours. */
export interface Streams {
  /** What it reads. */
  input?: string;
  stdout?: "null" | "stderr" | number;
  stderr?: "null" | "stdout";
  /** What it reads and writes by descriptors we hold. */
  stdin?: number;
  cwd?: string;
}

/** In a child: puts a descriptor in place of a standard stream. */
function replace(sys: Sys, fd: number, stream: number): void {
  if (fd === stream) return;
  sys.dup2(fd, stream);
  sys.close(fd);
}

function toNull(sys: Sys, stream: number): void {
  try {
    const fd = sys.openat(AT_FDCWD, "/dev/null", O_RDWR);
    if (typeof fd === "number") replace(sys, fd, stream);
  } catch (e) {
    // A root without devices: then what a command says is seen.
    if (!(e instanceof Errno)) throw e;
  }
}

function arrange(sys: Sys, streams: Streams): void {
  if (streams.cwd !== undefined) sys.chdir(streams.cwd);
  if (streams.stdin !== undefined) replace(sys, streams.stdin, 0);
  if (streams.stdout === "null") toNull(sys, 1);
  else if (streams.stdout === "stderr") sys.dup2(2, 1);
  else if (streams.stdout !== undefined) replace(sys, streams.stdout, 1);
  if (streams.stderr === "null") toNull(sys, 2);
  else if (streams.stderr === "stdout") sys.dup2(1, 2);
}

/** A pipe's end that another process fills with a text. */
function* filled(sys: Sys, text: string, closeInChild: readonly number[] = []): Steps<number[]> {
  const [read, write] = sys.pipe2(0);
  const writer = sys.fork(function* (child) {
    for (const fd of [read, ...closeInChild]) child.close(fd);
    try {
      yield* writeAll(child, write, bytesOf(text));
    } catch (e) {
      // Who should have read it has gone.
      if (!(e instanceof Errno)) throw e;
    }
    return 0;
  });
  sys.close(write);
  return [read, writer];
}

/** Runs a command and waits for it: its status. */
export function* run(
  p: Process,
  argv: readonly string[],
  streams: Streams = {},
  spare: readonly number[] = [],
): Steps<number> {
  const { sys } = p;
  let stdin = streams.stdin;
  let writer: number | undefined;
  if (streams.input !== undefined) [stdin, writer] = yield* filled(sys, streams.input, spare);
  const wanted = stdin === undefined ? streams : { ...streams, stdin };
  const pid = yield* spawn(p, argv, (child) => {
    for (const fd of spare) child.close(fd);
    arrange(child, wanted);
  });
  if (writer !== undefined && stdin !== undefined) sys.close(stdin);
  const status = exitStatus(yield* waitpid(sys, pid));
  if (writer !== undefined) yield* waitpid(sys, writer);
  return status;
}

/** What a command prints, without the line ends at its end, and its status: $(…). */
export function* output(
  p: Process,
  argv: readonly string[],
  streams: Streams = {},
): Steps<{ status: number; text: string }> {
  const { bytes, status } = yield* capture(p, argv, streams);
  return { status, text: strOf(bytes).replace(/\n+$/, "") };
}

/** All that a command prints, and its status. */
export function* capture(
  p: Process,
  argv: readonly string[],
  streams: Streams = {},
): Steps<{ status: number; bytes: Uint8Array }> {
  const { sys } = p;
  const [read, write] = sys.pipe2(0);
  let writer: number | undefined;
  let stdin = streams.stdin;
  if (streams.input !== undefined)
    [stdin, writer] = yield* filled(sys, streams.input, [read, write]);
  const wanted: Streams = { ...streams, stdout: write };
  if (stdin !== undefined) wanted.stdin = stdin;
  const pid = yield* spawn(p, argv, (child) => {
    child.close(read);
    arrange(child, wanted);
  });
  sys.close(write);
  if (writer !== undefined && stdin !== undefined) sys.close(stdin);
  let bytes: Uint8Array;
  try {
    bytes = yield* readAll(sys, read, OUTPUT_MAX);
  } finally {
    sys.close(read);
  }
  const status = exitStatus(yield* waitpid(sys, pid));
  if (writer !== undefined) yield* waitpid(sys, writer);
  return { status, bytes };
}

/** Commands whose output is the next one's input, the last one's to `stdout`: status of each. */
export function* pipeline(
  p: Process,
  commands: readonly (readonly string[])[],
  streams: Streams = {},
): Steps<number[]> {
  const { sys } = p;
  const pids: number[] = [];
  let stdin = streams.stdin;
  let writer: number | undefined;
  if (streams.input !== undefined) [stdin, writer] = yield* filled(sys, streams.input);
  for (const [i, argv] of commands.entries()) {
    const last = i === commands.length - 1;
    const [read, write] = last ? [-1, -1] : sys.pipe2(0);
    const wanted: Streams = { ...streams };
    if (stdin !== undefined) wanted.stdin = stdin;
    if (!last) wanted.stdout = write;
    pids.push(
      yield* spawn(p, argv, (child) => {
        if (!last) child.close(read);
        arrange(child, wanted);
      }),
    );
    if (stdin !== undefined && stdin !== streams.stdin) sys.close(stdin);
    if (!last) {
      sys.close(write);
      stdin = read;
    }
  }
  const statuses: number[] = [];
  for (const pid of pids) statuses.push(exitStatus(yield* waitpid(sys, pid)));
  if (writer !== undefined) yield* waitpid(sys, writer);
  return statuses;
}

/** Is there a program of this name (command -v)? */
export function installed(p: Process, name: string): boolean {
  return findExecutable(p.sys, name, p.env.get("PATH")) !== undefined;
}

/** The next line of standard input; bytes behind it stay for programs that are run later. */
export function* readLine(sys: Sys): Steps<string | undefined> {
  let line = "";
  for (;;) {
    let chunk = sys.read(0, 1);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return line === "" ? undefined : line;
    const c = strOf(chunk);
    if (c === "\n") return line;
    line += c;
    if (line.length > 65536) return line;
  }
}

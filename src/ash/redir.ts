// Redirections (POSIX XCU 2.7): compiled words, opening, saving and restoring descriptors.
import { EBADF, EEXIST, EINVAL, EMFILE, ENOENT, Errno } from "../abi/errno.ts";
import {
  AT_FDCWD,
  F_DUPFD_CLOEXEC,
  F_GETFD,
  FD_CLOEXEC,
  O_APPEND,
  O_CREAT,
  O_EXCL,
  O_RDONLY,
  O_RDWR,
  O_TRUNC,
  O_WRONLY,
} from "../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import { S_IFMT, S_IFREG } from "../abi/stat.ts";
import { bytesOf } from "../lib/bytes.ts";
import { strerror } from "../libc/strerror.ts";
import type { Redir, RedirOp } from "./nodes.ts";
import { forkTask, type Shell } from "./shell.ts";
import { compileString, type StringWord, TILDE_NONE, TILDE_START, type WordHost } from "./word.ts";

/** A redirection whose word is compiled. */
export interface CompiledRedir {
  op: RedirOp;
  fd: number;
  word: StringWord;
}

/** A redirection whose word is expanded: for `<&` and `>&` the text names a descriptor or "-". */
export interface Target {
  op: RedirOp;
  fd: number;
  text: string;
}

/** Marks a descriptor that was closed before the redirection. */
const CLOSED = -1;
/** First descriptor for saved ones. */
const SAVE_FROM = 10;
/** What a pipe takes without a reader. */
const PIPE_SIZE = 4096;

export function compileRedirs(redirs: readonly Redir[], host: WordHost): CompiledRedir[] {
  return redirs.map((redir) => ({
    op: redir.op,
    fd: redir.fd,
    word: compileString(redir.word, redir.op === "<<" ? TILDE_NONE : TILDE_START, host),
  }));
}

/** Expands the words. */
export function expandRedirs(sh: Shell, redirs: readonly CompiledRedir[]): Blocking<Target[]> {
  const out: Target[] = [];
  for (let i = 0; i < redirs.length; i++) {
    const { op, fd, word } = redirs[i] as CompiledRedir;
    const text = word.run(sh);
    if (typeof text !== "string") return expandRest(sh, redirs, i, out, text);
    out.push(checked(sh, { op, fd, text }));
  }
  return out;
}

function* expandRest(
  sh: Shell,
  redirs: readonly CompiledRedir[],
  at: number,
  out: Target[],
  first: Steps<string>,
): Steps<Target[]> {
  let text: Blocking<string> = first;
  for (let i = at; i < redirs.length; i++) {
    const { op, fd, word } = redirs[i] as CompiledRedir;
    if (i > at) text = word.run(sh);
    out.push(checked(sh, { op, fd, text: typeof text === "string" ? text : yield* text }));
  }
  return out;
}

/** `>&word` is a file unless the word is a descriptor; `<&word` must be one. */
function checked(sh: Shell, target: Target): Target {
  const { op, text } = target;
  if (op !== ">&" && op !== "<&") return target;
  if (text === "-" || /^[0-9]{1,9}$/.test(text)) return target;
  if (op === ">&" && target.fd === 1 && text !== "") return { op: "&>", fd: 1, text };
  throw sh.inputError("syntax error: bad fd number");
}

/** An error of a redirection, as a message without the shell's prefix. */
export class RedirFault {
  readonly message: string;
  constructor(message: string) {
    this.message = message;
  }
}

function reason(e: Errno, create: boolean): string {
  if (e === ENOENT) return create ? "nonexistent directory" : "no such file";
  return strerror(e);
}

/** Opens what a target names; -1 for descriptors and closing. Throws RedirFault. */
function openTarget(sh: Shell, sys: Sys, target: Target): Blocking<number> {
  const { op, text } = target;
  try {
    const fd = openFile(sh, sys, op, text);
    return isSteps(fd) ? openLater(fd, op, text) : fd;
  } catch (e) {
    return openFault(e, op, text);
  }
}

function* openLater(steps: Steps<number>, op: RedirOp, text: string): Steps<number> {
  try {
    return yield* steps;
  } catch (e) {
    return openFault(e, op, text);
  }
}

function openFault(e: unknown, op: RedirOp, text: string): never {
  if (!(e instanceof Errno)) throw e;
  const create = op !== "<";
  throw new RedirFault(`can't ${create ? "create" : "open"} ${text}: ${reason(e, create)}`);
}

function openFile(sh: Shell, sys: Sys, op: RedirOp, path: string): Blocking<number> {
  switch (op) {
    case "<":
      return sys.openat(AT_FDCWD, path, O_RDONLY);
    case "<>":
      return sys.openat(AT_FDCWD, path, O_RDWR | O_CREAT, 0o666);
    case ">>":
      return sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND, 0o666);
    case ">":
    case "&>":
      if (sh.opts.noclobber) return openNew(sys, path);
      return sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    case ">|":
      return sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_TRUNC, 0o666);
    case "<&":
    case "<<":
    case ">&":
      return -1;
  }
}

/** set -C: regular files that exist stay as they are. */
function openNew(sys: Sys, path: string): Blocking<number> {
  const st = sys.tryStatat(AT_FDCWD, path, 0);
  if (st instanceof Errno) return sys.openat(AT_FDCWD, path, O_WRONLY | O_CREAT | O_EXCL, 0o666);
  if ((st.mode & S_IFMT) === S_IFREG) throw EEXIST;
  return sys.openat(AT_FDCWD, path, O_WRONLY);
}

/** A here-document: a pipe, filled by a child where it does not fit. */
function openHere(sys: Sys, text: string): Blocking<number> {
  const [reader, writer] = sys.pipe2(0);
  const bytes = bytesOf(text);
  if (bytes.length <= PIPE_SIZE) {
    const n = bytes.length === 0 ? 0 : sys.write(writer, bytes);
    if (isSteps(n)) return finishHere(sys, n, reader, writer);
    sys.close(writer);
    return reader;
  }
  forkTask(sys, (child) => fillHere(child, bytes, reader, writer));
  sys.close(writer);
  return reader;
}

function* fillHere(child: Sys, bytes: Uint8Array, reader: number, writer: number): Steps<number> {
  child.close(reader);
  try {
    for (let at = 0; at < bytes.length; ) {
      let n = child.write(writer, at === 0 ? bytes : bytes.subarray(at));
      if (isSteps(n)) n = yield* n;
      at += n;
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return 0;
}

function* finishHere(sys: Sys, n: Steps<number>, reader: number, writer: number): Steps<number> {
  yield* n;
  sys.close(writer);
  return reader;
}

/** Puts `from` where the target wants it. */
function place(sys: Sys, target: Target, from: number): void {
  const { op, fd, text } = target;
  if (op === "<&" || op === ">&") {
    if (text === "-") {
      try {
        sys.close(fd);
      } catch (e) {
        if (e !== EBADF) throw e;
      }
      return;
    }
    const source = Number(text);
    if (source === fd) return;
    // The shell's own descriptors are not there for scripts.
    if (source >= 10 && (sys.fcntl(source, F_GETFD) & FD_CLOEXEC) !== 0) throw EBADF;
    sys.dup2(source, fd);
    return;
  }
  if (from !== fd) {
    sys.dup2(from, fd);
    sys.close(from);
  }
  if (op === "&>") sys.dup2(fd, 2);
}

function placeOrFault(sys: Sys, target: Target, from: number): void {
  try {
    place(sys, target, from);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    const what = target.op === "<&" || target.op === ">&" ? target.text : String(target.fd);
    throw new RedirFault(`${what}: ${strerror(e === EINVAL || e === EMFILE ? EBADF : e)}`);
  }
}

function openAny(sh: Shell, sys: Sys, target: Target): Blocking<number> {
  return target.op === "<<" ? openHere(sys, target.text) : openTarget(sh, sys, target);
}

/** Carries out redirections for good: in a child, and for exec. Throws RedirFault. */
export function applyRedirs(sh: Shell, sys: Sys, targets: readonly Target[]): Blocking<void> {
  for (let i = 0; i < targets.length; i++) {
    const target = targets[i] as Target;
    const from = openAny(sh, sys, target);
    if (isSteps(from)) return applyRest(sh, sys, targets, i, from);
    placeOrFault(sys, target, from);
  }
  return undefined;
}

function* applyRest(
  sh: Shell,
  sys: Sys,
  targets: readonly Target[],
  at: number,
  first: Steps<number>,
): Steps<void> {
  let from: Blocking<number> = first;
  for (let i = at; i < targets.length; i++) {
    const target = targets[i] as Target;
    if (i > at) from = openAny(sh, sys, target);
    placeOrFault(sys, target, isSteps(from) ? yield* from : from);
  }
}

/** What a redirection replaced: to be put back. */
export type SavedFds = { fd: number; saved: number }[];

function save(sys: Sys, saved: SavedFds, fd: number): void {
  if (saved.some((s) => s.fd === fd)) return;
  try {
    saved.push({ fd, saved: sys.fcntl(fd, F_DUPFD_CLOEXEC, SAVE_FROM) });
  } catch (e) {
    if (e !== EBADF) {
      if (!(e instanceof Errno)) throw e;
      throw new RedirFault(`${fd}: ${strerror(e)}`);
    }
    saved.push({ fd, saved: CLOSED });
  }
}

/** Puts the descriptors back as they were before. */
export function restoreFds(sys: Sys, saved: SavedFds): void {
  for (let i = saved.length - 1; i >= 0; i--) {
    const { fd, saved: copy } = saved[i] as SavedFds[number];
    if (copy === CLOSED) {
      try {
        sys.close(fd);
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
      }
    } else {
      sys.dup2(copy, fd);
      sys.close(copy);
    }
  }
  saved.length = 0;
}

/** Carries out redirections, noting in `saved` how to undo them. Throws RedirFault, all undone. */
export function pushRedirs(sh: Shell, targets: readonly Target[], saved: SavedFds): Blocking<void> {
  const { sys } = sh;
  try {
    for (let i = 0; i < targets.length; i++) {
      const target = targets[i] as Target;
      const from = openAny(sh, sys, target);
      if (isSteps(from)) return pushRest(sh, targets, i, from, saved);
      pushOne(sys, target, from, saved);
    }
  } catch (e) {
    restoreFds(sys, saved);
    throw e;
  }
  return undefined;
}

function pushOne(sys: Sys, target: Target, opened: number, saved: SavedFds): void {
  // The file may have been opened at the very descriptor that is to be redirected.
  if (opened === target.fd) saved.push({ fd: opened, saved: CLOSED });
  else save(sys, saved, target.fd);
  if (target.op === "&>") save(sys, saved, 2);
  placeOrFault(sys, target, opened);
}

function* pushRest(
  sh: Shell,
  targets: readonly Target[],
  at: number,
  first: Steps<number>,
  saved: SavedFds,
): Steps<void> {
  const { sys } = sh;
  try {
    let from: Blocking<number> = first;
    for (let i = at; i < targets.length; i++) {
      const target = targets[i] as Target;
      if (i > at) from = openAny(sh, sys, target);
      pushOne(sys, target, isSteps(from) ? yield* from : from, saved);
    }
  } catch (e) {
    restoreFds(sys, saved);
    throw e;
  }
}

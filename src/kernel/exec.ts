// execve(2): finds out what a file is (binfmt) and puts the new program in the task.
import { E2BIG, EACCES, EISDIR, ELOOP, ENOENT, ENOEXEC, Errno } from "../abi/errno.ts";
import { AT_FDCWD, X_OK } from "../abi/fcntl.ts";
import { isSteps, type Program, type Steps } from "../abi/program.ts";
import { SIG_DFL, SIG_IGN } from "../abi/signal.ts";
import { S_ISGID, S_ISUID } from "../abi/stat.ts";
import { strOf } from "../lib/bytes.ts";
import { permitted } from "./cred.ts";
import type { Path } from "./fs/file.ts";
import { pathName, resolve, tryResolve } from "./fs/namei.ts";
import type { Task } from "./task.ts";
import { EXEC } from "./unwind.ts";

/** Bytes of arguments and environment together (Linux: a quarter of the stack limit). */
const ARG_MAX = 2 * 1024 * 1024;
/** One string of them (MAX_ARG_STRLEN). */
const ARG_LEN_MAX = 131072;
/** `#!` scripts that name scripts, at most. */
const MAX_INTERPRETERS = 5;
/** How much of a file tells its format (BINPRM_BUF_SIZE). */
const HEAD_BYTES = 256;

/** What a file turned out to be. */
interface Image {
  program: Program;
  argv: readonly string[];
  /** The file whose set-id bits count and that /proc/PID/exe names. */
  path: Path;
}

/** A format that execve knows; ELF registers itself in kernel.slot("binfmt"). */
export interface BinaryFormat {
  /** The program in the file, or undefined when it is not of this format. */
  load(task: Task, path: Path, head: Uint8Array): Program | undefined;
}

/** Formats registered on this machine besides `#!`. */
export function binaryFormats(task: Task): BinaryFormat[] {
  return task.kernel.slot<BinaryFormat[]>("binfmt", () => []);
}

function checkSize(argv: readonly string[], envp: readonly string[]): void {
  let bytes = 0;
  for (let i = 0; i < argv.length; i++) {
    const { length } = argv[i] as string;
    if (length > ARG_LEN_MAX) throw E2BIG;
    bytes += length + 9;
  }
  for (let i = 0; i < envp.length; i++) {
    const { length } = envp[i] as string;
    if (length > ARG_LEN_MAX) throw E2BIG;
    bytes += length + 9;
  }
  if (bytes > ARG_MAX) throw E2BIG;
}

/** First bytes of a regular file. */
function readHead(task: Task, path: Path): Uint8Array {
  const head = path.dentry.inode.head(task, path, HEAD_BYTES);
  if (isSteps(head)) throw EACCES;
  return head;
}

function mayExecute(task: Task, path: Path): void {
  const { inode } = path.dentry;
  inode.refresh();
  if (inode.isDirectory) throw EACCES;
  if (!inode.isRegular || path.mount.noexec || !permitted(task.cred, inode, X_OK)) throw EACCES;
}

/** `#!interpreter argument` of a script's first line. */
function parseShebang(head: Uint8Array): { interpreter: string; argument: string } | undefined {
  if (head[0] !== 0x23 || head[1] !== 0x21) return undefined;
  const end = head.indexOf(0x0a);
  if (end < 0 && head.length >= HEAD_BYTES) {
    // A line that does not fit must at least have its whole interpreter in view.
    const text = strOf(head, 2);
    if (!/^[ \t]*[^ \t]+[ \t]/.test(text)) throw ENOEXEC;
  }
  const line = strOf(head, 2, end < 0 ? head.length : end);
  const match = /^[ \t]*([^ \t\0]+)[ \t]*([^\0]*?)[ \t\0]*$/.exec(line);
  if (match === null) throw ENOEXEC;
  return { interpreter: match[1] as string, argument: match[2] as string };
}

function load(task: Task, start: Path, name: string, argv: readonly string[]): Image {
  let path = start;
  let filename = name;
  let args = argv;
  for (let depth = 0; ; depth++) {
    if (depth > MAX_INTERPRETERS) throw ELOOP;
    mayExecute(task, path);
    const head = readHead(task, path);
    const script = parseShebang(head);
    if (script === undefined) {
      for (const format of binaryFormats(task)) {
        const program = format.load(task, path, head);
        if (program !== undefined) return { program, argv: args, path };
      }
      throw ENOEXEC;
    }
    if (script.interpreter === "bivy") {
      const program = task.kernel.programs.get(script.argument);
      if (program === undefined) throw ENOEXEC;
      return { program, argv: args, path };
    }
    args = [
      script.interpreter,
      ...(script.argument === "" ? [] : [script.argument]),
      filename,
      ...args.slice(1),
    ];
    filename = script.interpreter;
    path = resolve(task, AT_FDCWD, filename, 0);
  }
}

/** The steps that end the old program: nothing of it runs again, not even its `finally` blocks. */
function* replace(): Steps<never> {
  yield EXEC;
  throw new Error("bug: a replaced program was resumed");
}

function begin(task: Task, image: Image, name: string, envp: readonly string[]): Steps<never> {
  const { group } = task;
  const { inode } = image.path.dentry;
  task.fds.closeOnExec(task);
  const { cred } = task;
  const setId = (inode.mode & (S_ISUID | S_ISGID)) !== 0;
  if (setId && !image.path.mount.nosuid && !cred.noNewPrivs) {
    const euid = (inode.mode & S_ISUID) !== 0 ? inode.uid : cred.euid;
    const egid = (inode.mode & (S_ISGID | 0o010)) === (S_ISGID | 0o010) ? inode.gid : cred.egid;
    const caps = { ...cred.caps, ambient: [] };
    task.cred = { ...cred, euid, suid: euid, egid, sgid: egid, caps };
  } else if (cred.suid !== cred.euid || cred.sgid !== cred.egid) {
    task.cred = { ...cred, suid: cred.euid, sgid: cred.egid };
  }
  for (const [signo, action] of group.actions) {
    if (action.handler !== SIG_IGN && action.handler !== SIG_DFL) group.setAction(signo, undefined);
  }
  group.setExe(image.path);
  group.argv = image.argv;
  group.envp = envp;
  group.execed = true;
  const base = name.slice(name.lastIndexOf("/") + 1);
  task.comm = base.slice(0, 15);
  task.steps = image.program(task.kernel.door(task), image.argv, envp);
  return replace();
}

/** execve(2). */
export function execve(
  task: Task,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
): Steps<never> {
  const steps = tryExecve(task, path, argv, envp);
  if (steps instanceof Errno) throw steps;
  return steps;
}

/** See Sys.tryExecve. */
export function tryExecve(
  task: Task,
  path: string,
  argv: readonly string[],
  envp: readonly string[],
): Steps<never> | Errno {
  checkSize(argv, envp);
  const where = tryResolve(task, AT_FDCWD, path, 0);
  if (where instanceof Errno) return where;
  const image = load(task, where, path, argv.length === 0 ? [""] : argv);
  return begin(task, image, path, envp);
}

/** fexecve: execveat(2) of a descriptor. */
export function fexecve(
  task: Task,
  fd: number,
  argv: readonly string[],
  envp: readonly string[],
): Steps<never> {
  checkSize(argv, envp);
  const file = task.fds.get(fd);
  const name = `/dev/fd/${fd}`;
  if (task.fds.getCloexec(fd) && parseShebangSafely(task, file.path)) throw ENOENT;
  const image = load(task, file.path, name, argv.length === 0 ? [""] : argv);
  return begin(task, image, pathName(file.path, task.fs.root), envp);
}

/** A script opened close-on-exec cannot be opened by its interpreter (execveat(2), BUGS). */
function parseShebangSafely(task: Task, path: Path): boolean {
  try {
    const script = parseShebang(readHead(task, path));
    return script !== undefined && script.interpreter !== "bivy";
  } catch (error) {
    if (error instanceof Errno || error === EISDIR) return false;
    throw error;
  }
}

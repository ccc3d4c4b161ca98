// : true false break continue return exit eval . source exec (POSIX XCU 2.14)
import { EISDIR, ENOENT, Errno } from "../../abi/errno.ts";
import { AT_FDCWD, F_DUPFD_CLOEXEC, O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { S_IFDIR, S_IFMT } from "../../abi/stat.ts";
import { strerror } from "../../libc/strerror.ts";
import { type Builtin, regular, special } from "../bltin.ts";
import { callDeep, cutsHere } from "../deep.ts";
import { candidates, execFault, execute, findCommand } from "../exec.ts";
import { FileInput } from "../input.ts";
import { runInput } from "../loop.ts";
import {
  MAX_CALL_DEPTH,
  type Shell,
  ShellError,
  ShellExit,
  SKIP_BREAK,
  SKIP_CONTINUE,
  SKIP_NONE,
  SKIP_RETURN,
} from "../shell.ts";
import { resetForProgram, stackOverflow } from "../trap.ts";

/** A number argument of break, exit and so on; an error of the shell when it is none. */
export function numberArgument(sh: Shell, arg: string): number {
  if (!/^[0-9]{1,15}$/.test(arg) || Number(arg) > 0x7fffffff) {
    throw sh.error(`Illegal number: ${arg}`);
  }
  return Number(arg);
}

function leaveLoops(kind: number): Builtin["run"] {
  return (sh, argv) => {
    const n = argv[1] === undefined ? 1 : numberArgument(sh, argv[1]);
    if (n <= 0) throw sh.error(`Illegal number: ${argv[1]}`);
    if (sh.loopNest > 0) {
      sh.skip = kind;
      sh.skipCount = Math.min(n, sh.loopNest);
    }
    return 0;
  };
}

function returnMain(sh: Shell, argv: readonly string[]): number {
  // In a trap it is the status from before the trap.
  const inTrap = sh.trapStatus !== undefined && sh.funcNest === sh.trapFuncNest;
  const last = inTrap ? (sh.trapStatus as number) : sh.status;
  const status = argv[1] === undefined ? last : numberArgument(sh, argv[1]) & 255;
  sh.skip = SKIP_RETURN;
  return status;
}

function exitMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  if (keepsJobs(sh)) return sh.print2("You have stopped jobs.\n", 0);
  throw new ShellExit(exitStatus(sh, argv));
}

/** exit where nothing follows: an exception would only cost time. */
function exitLast(sh: Shell, argv: readonly string[]): Blocking<number> {
  if (keepsJobs(sh)) return sh.print2("You have stopped jobs.\n", 0);
  return exitStatus(sh, argv);
}

/** An interactive shell warns once of its stopped jobs instead of ending. */
function keepsJobs(sh: Shell): boolean {
  if (!sh.isRoot || !sh.opts.interactive || sh.warnedStopped) return false;
  sh.warnedStopped = sh.jobs.order.some((job) => job.state === "stopped");
  return sh.warnedStopped;
}

function exitStatus(sh: Shell, argv: readonly string[]): number {
  if (argv[1] !== undefined) return numberArgument(sh, argv[1]) & 255;
  return sh.trapStatus ?? sh.status;
}

function evalMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  if (argv.length < 2) return 0;
  const text = argv.length === 2 ? (argv[1] as string) : argv.slice(1).join(" ");
  if (cutsHere(sh.depth)) {
    if (sh.depth >= MAX_CALL_DEPTH) stackOverflow();
    return callDeep(() => evalText(sh, text));
  }
  return evalText(sh, text);
}

function evalText(sh: Shell, text: string): Blocking<number> {
  sh.depth++;
  let waiting = false;
  try {
    const r = sh.hooks.runText(sh, text, sh.lineno);
    if (typeof r !== "number") {
      waiting = true;
      return evalLater(sh, r);
    }
    return r;
  } finally {
    if (!waiting) sh.depth--;
  }
}

function* evalLater(sh: Shell, steps: Steps<number>): Steps<number> {
  try {
    return yield* steps;
  } finally {
    sh.depth--;
  }
}

function* dotMain(sh: Shell, argv: readonly string[]): Steps<number> {
  const at = argv[1] === "--" ? 2 : 1;
  const name = argv[at];
  if (name === undefined) return 0;
  if (cutsHere(sh.depth)) {
    if (sh.depth >= MAX_CALL_DEPTH) stackOverflow();
    return yield* callDeep(() => readScript(sh, argv, at));
  }
  return yield* readScript(sh, argv, at);
}

function* readScript(sh: Shell, argv: readonly string[], at: number): Steps<number> {
  const name = argv[at] as string;
  const { fd, path } = yield* openScript(sh, name);
  const input = new FileInput(sh.sys, fd);
  const { params, loopNest, inputIsFile, inputLine } = sh;
  const given = argv.length > at + 1;
  if (given) sh.params = argv.slice(at + 1);
  sh.depth++;
  sh.dotNest++;
  sh.inputIsFile = true;
  sh.commandName = path;
  try {
    return yield* runInput(sh, input);
  } finally {
    if (given) sh.params = params;
    sh.loopNest = loopNest;
    sh.inputIsFile = inputIsFile;
    sh.inputLine = inputLine;
    sh.dotNest--;
    sh.depth--;
    if (sh.skip === SKIP_RETURN) sh.skip = SKIP_NONE;
    sh.sys.close(fd);
  }
}

/** The file that `.` names: along PATH, then in the working directory. */
function* openScript(sh: Shell, name: string): Steps<{ fd: number; path: string }> {
  let path = name;
  if (!name.includes("/")) {
    for (const candidate of candidates(name, sh.get("PATH") ?? "")) {
      const st = sh.sys.tryStatat(AT_FDCWD, candidate, 0);
      if (st instanceof Errno || (st.mode & S_IFMT) === S_IFDIR) continue;
      path = candidate;
      break;
    }
  }
  try {
    let fd = sh.sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    if (fd < 10) {
      const high = sh.sys.fcntl(fd, F_DUPFD_CLOEXEC, 10);
      sh.sys.close(fd);
      fd = high;
    }
    return { fd, path };
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    throw sh.error(`can't open '${name}': ${strerror(e)}`);
  }
}

function* execMain(sh: Shell, argv: readonly string[]): Steps<number> {
  let at = 1;
  let argv0: string | undefined;
  if (argv[at] === "-a" && argv[at + 1] !== undefined) {
    argv0 = argv[at + 1];
    at += 2;
  }
  if (argv[at] === "--") at++;
  const name = argv[at];
  if (name === undefined) return 0;
  const args = argv.slice(at);
  if (argv0 !== undefined) args[0] = argv0;
  // Whatever comes of it, this is no interactive shell any more.
  sh.opts.interactive = false;
  const found = findCommand(sh, name, undefined);
  let fault: Errno = ENOENT;
  if (found instanceof Errno) fault = found;
  else {
    resetForProgram(sh, sh.sys);
    const envp = sh.vars.environ();
    const failed = yield* execute(sh.sys, found, args, envp, (file) =>
      sh.hooks.runScript(sh.sys, file, args, envp),
    );
    if (typeof failed === "number") throw new ShellExit(failed);
    fault = failed;
  }
  const { text, status } = execFault(fault === EISDIR ? ENOENT : fault);
  const error = sh.error(`${name}: ${text}`);
  throw new ShellError(error.message, status);
}

export const FLOW = (): readonly Builtin[] => [
  special(":", () => 0),
  regular("true", () => 0),
  regular("false", () => 1),
  special("break", leaveLoops(SKIP_BREAK)),
  special("continue", leaveLoops(SKIP_CONTINUE)),
  special("return", returnMain),
  { ...special("exit", exitMain), runLast: exitLast },
  special("eval", evalMain),
  special(".", dotMain),
  special("source", dotMain),
  special("exec", execMain),
];

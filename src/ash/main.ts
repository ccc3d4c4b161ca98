// ash: the shell program (POSIX XCU sh, as BusyBox 1.36 has it on Alpine): arguments, start-up, the end.
import { Errno } from "../abi/errno.ts";
import { AT_FDCWD, F_DUPFD_CLOEXEC, O_CLOEXEC, O_RDONLY } from "../abi/fcntl.ts";
import { type Blocking, isSteps, type Steps, type Sys } from "../abi/program.ts";
import { SIGINT, SIGQUIT, SIGTERM } from "../abi/signal.ts";
import { UserDb } from "../libc/passwd.ts";
import { isatty } from "../libc/stdio.ts";
import { strerror } from "../libc/strerror.ts";
import { tellError } from "./after.ts";
import { setCwd } from "./bltin/cd.ts";
import type { Builtin } from "./bltin.ts";
import { allBuiltins } from "./builtins.ts";
import { expandText } from "./eval.ts";
import { runText } from "./evalstring.ts";
import { runToEnd } from "./fork.ts";
import { FileInput, StringInput } from "./input.ts";
import { interact, TerminalInput } from "./interactive.ts";
import { stopJobControl } from "./jobcontrol.ts";
import { runInput } from "./loop.ts";
import { type OptionName, optionOfLetter, optionOfName } from "./options.ts";
import { setOption } from "./setopt.ts";
import { type Shell, ShellError, type ShellHooks, Shell as ShellState } from "./shell.ts";
import { isName } from "./tokens.ts";
import { setSignal } from "./trap.ts";
import { DYNAMIC, EXPORT, HIDDEN, HOOK } from "./var.ts";

/** Version that scripts see in BB_ASH_VERSION. */
const VERSION = "1.36.1";
const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
/** What is read of standard input at a time. */
const STDIN_CHUNK = 1023;

/** What the arguments of sh ask for. */
interface Invocation {
  options: [OptionName, boolean][];
  login: boolean;
  command: string | undefined;
  operands: readonly string[];
  wrong: string | undefined;
}

function parseArguments(argv: readonly string[]): Invocation {
  const options: [OptionName, boolean][] = [];
  let login = argv[0]?.startsWith("-") === true;
  let command = false;
  let wrong: string | undefined;
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    const sign = arg.charAt(0);
    if (sign !== "-" && sign !== "+") break;
    if (arg === "--" || arg === "-") {
      at++;
      break;
    }
    if (arg.startsWith("--")) {
      // Other long options, bash's, are passed over.
      if (arg === "--login") login = true;
      continue;
    }
    const on = sign === "-";
    for (const letter of arg.slice(1)) {
      if (letter === "c") command = true;
      else if (letter === "l" && on) login = true;
      else if (letter === "o") {
        const name = argv[++at];
        const option = name === undefined ? undefined : optionOfName(name);
        if (option === undefined) wrong ??= `illegal option ${sign}o ${name ?? ""}`;
        else options.push([option, on]);
      } else {
        const option = optionOfLetter(letter, true);
        if (option === undefined) wrong ??= `illegal option ${sign}${letter}`;
        else options.push([option, on]);
      }
    }
  }
  let operands = argv.slice(at);
  let text: string | undefined;
  if (command) {
    text = operands[0];
    if (text === undefined) wrong ??= "-c requires an argument";
    operands = operands.slice(1);
    options.push(["command", true]);
  }
  return { options, login, command: text, operands, wrong };
}

/** Variables from the environment and those the shell starts with. */
function startVariables(sh: Shell, envp: readonly string[]): void {
  const { vars } = sh;
  const init = (name: string, value: string | undefined, flags = 0): void => {
    const v = vars.cell(name);
    v.value = value;
    v.flags = flags;
  };
  init("BB_ASH_VERSION", VERSION);
  init("IFS", " \t\n", HOOK);
  init("PATH", DEFAULT_PATH, HOOK);
  init("PS1", "\\w \\$ ");
  init("PS2", "> ");
  init("PS4", "+ ");
  init("OPTIND", "1", HOOK);
  init("LINENO", undefined, DYNAMIC);
  init("FUNCNAME", undefined, DYNAMIC);
  init("RANDOM", undefined, DYNAMIC | HOOK | HIDDEN);
  for (const entry of envp) {
    const eq = entry.indexOf("=");
    if (eq <= 0) continue;
    const name = entry.slice(0, eq);
    if (!isName(name)) continue;
    const v = vars.cell(name);
    if ((v.flags & DYNAMIC) !== 0) continue;
    v.value = entry.slice(eq + 1);
    v.flags |= EXPORT;
  }
  // A splitting set by the environment would be a trap for scripts.
  init("IFS", " \t\n", HOOK | (vars.cell("IFS").flags & EXPORT));
  init("OPTIND", "1", HOOK | (vars.cell("OPTIND").flags & EXPORT));
  init("PPID", String(sh.sys.getppid()));
  const level = Number.parseInt(vars.cell("SHLVL").value ?? "0", 10);
  init("SHLVL", String((Number.isNaN(level) ? 0 : level) + 1), EXPORT);
  if (vars.cell("HOSTNAME").value === undefined) init("HOSTNAME", sh.sys.uname().nodename);
  vars.touchEnviron();
}

/** $PWD, when it names the working directory; otherwise what the kernel says. */
function startDirectory(sh: Shell): void {
  const pwd = sh.get("PWD");
  let logical: string | undefined;
  if (pwd?.startsWith("/") === true) {
    const a = sh.sys.tryStatat(AT_FDCWD, pwd, 0);
    const b = sh.sys.tryStatat(AT_FDCWD, ".", 0);
    if (!(a instanceof Errno) && !(b instanceof Errno) && a.dev === b.dev && a.ino === b.ino) {
      logical = pwd;
    }
  }
  setCwd(sh, logical, false);
}

function* readProfile(sh: Shell, path: string): Steps<void> {
  let fd: number;
  try {
    let opened = sh.sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (isSteps(opened)) opened = yield* opened;
    fd = sh.sys.fcntl(opened, F_DUPFD_CLOEXEC, 10);
    sh.sys.close(opened);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return;
  }
  const { inputIsFile } = sh;
  sh.inputIsFile = true;
  try {
    yield* runInput(sh, new FileInput(sh.sys, fd));
  } catch (e) {
    // An error ends the file, not the interactive shell.
    if (!(e instanceof ShellError) || !sh.opts.interactive) throw e;
    const w = sh.print2(`${e.message}\n`, 0);
    if (isSteps(w)) yield* w;
    sh.status = e.status;
  } finally {
    sh.inputIsFile = inputIsFile;
    sh.skip = 0;
    sh.sys.close(fd);
  }
}

/** The file that $ENV names, which is expanded first. */
function* readEnv(sh: Shell, env: string): Steps<void> {
  let path: string;
  try {
    const expanded = sh.hooks.expandText(sh, env);
    path = isSteps(expanded) ? yield* expanded : expanded;
  } catch (e) {
    if (!(e instanceof ShellError)) throw e;
    const w = sh.print2(`${e.message}\n`, 0);
    if (isSteps(w)) yield* w;
    return;
  }
  yield* readProfile(sh, path);
}

function* openScript(sh: Shell, path: string): Steps<number> {
  try {
    let fd = sh.sys.openat(AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    const high = sh.sys.fcntl(fd, F_DUPFD_CLOEXEC, 10);
    sh.sys.close(fd);
    return high;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    throw new ShellError(`${sh.arg0}: can't open '${path}': ${strerror(e)}`, 2);
  }
}

/** All of a shell's life but its end. */
function* runShell(sh: Shell, how: Invocation): Steps<number> {
  const { sys } = sh;
  if (how.wrong !== undefined) throw new ShellError(`${sh.arg0}: ${how.wrong}`, 2);
  for (const [name, on] of how.options) {
    if (name !== "monitor") {
      const done = setOption(sh, name, on);
      if (done !== undefined) yield* done;
    }
  }
  // sh -n only parses from the start.
  sh.skip = 0;
  let operands = how.operands;
  let script: string | undefined;
  let input: FileInput | undefined;
  if (how.command !== undefined) {
    if (operands[0] !== undefined) sh.arg0 = sh.commandName = operands[0];
    operands = operands.slice(1);
  } else if (!sh.opts.stdin && operands[0] !== undefined) {
    script = operands[0];
    input = new FileInput(sys, yield* openScript(sh, script));
    sh.arg0 = sh.commandName = script;
    operands = operands.slice(1);
  } else sh.opts.stdin = true;
  sh.params = operands;
  const chosen = how.options.some(([name]) => name === "interactive");
  if (!chosen && sh.opts.stdin && script === undefined && how.command === undefined) {
    sh.opts.interactive = isatty(sys, 0) && isatty(sys, 1);
  }
  if (sh.opts.interactive) for (const signo of [SIGINT, SIGQUIT, SIGTERM]) setSignal(sh, signo);
  const monitor = how.options.findLast(([name]) => name === "monitor")?.[1];
  if (monitor ?? sh.opts.interactive) {
    const done = setOption(sh, "monitor", true);
    if (done !== undefined) yield* done;
  }
  if (how.login) {
    yield* readProfile(sh, "/etc/profile");
    const home = sh.get("HOME");
    if (home !== undefined) yield* readProfile(sh, `${home}/.profile`);
  }
  if (sh.opts.interactive) {
    const env = sh.get("ENV");
    if (env !== undefined && env !== "") yield* readEnv(sh, env);
  }
  if (how.command !== undefined) {
    const exits = !sh.opts.interactive && !sh.opts.stdin;
    const status = yield* runCommand(sh, new StringInput(how.command), exits);
    if (!sh.opts.stdin && status !== undefined) return status;
  }
  if (input !== undefined) {
    sh.inputIsFile = true;
    return yield* runInput(sh, input);
  }
  if (!sh.opts.interactive) return yield* runInput(sh, new FileInput(sys, 0, STDIN_CHUNK));
  return yield* runInteractive(sh);
}

/** The text of -c: its status; undefined after an error in an interactive shell, which then reads on. */
function* runCommand(sh: Shell, input: StringInput, exits: boolean): Steps<number | undefined> {
  try {
    return yield* runInput(sh, input, exits);
  } catch (e) {
    if (!(e instanceof ShellError) || !sh.opts.interactive) throw e;
    yield* tellError(sh, e);
    sh.status = e.status;
    sh.skip = 0;
    return undefined;
  }
}

function* runInteractive(sh: Shell): Steps<number> {
  const user = yield* new UserDb(sh.sys).getpwuid(sh.sys.geteuid());
  const file = sh.get("HISTFILE") ?? historyFile(sh);
  if (file !== undefined && file !== "") {
    if (sh.get("HISTFILE") === undefined) sh.set("HISTFILE", file);
    yield* sh.history.load(sh.sys, file);
  }
  return yield* interact(sh, new TerminalInput(sh, user?.name ?? ""));
}

function historyFile(sh: Shell): string | undefined {
  const home = sh.get("HOME");
  return home === undefined ? undefined : `${home}/.ash_history`;
}

/** Runs a shell: the exit status. `argv[0]` beginning with "-" makes it a login shell. */
export function* ashMain(
  sys: Sys,
  argv: readonly string[],
  envp: readonly string[],
  builtins: ReadonlyMap<string, Builtin> = allBuiltins(),
): Steps<number> {
  const hooks: ShellHooks = {
    runText,
    expandText,
    *runScript(child, file, args, env): Steps<number> {
      child.prctl_set_name("ash");
      return yield* ashMain(child, ["ash", file, ...args.slice(1)], env, builtins);
    },
  };
  const sh = new ShellState(sys, builtins, hooks);
  sh.arg0 = argv[0] ?? "sh";
  sh.appletName = sh.arg0.slice(sh.arg0.lastIndexOf("/") + 1).replace(/^-/, "");
  startVariables(sh, envp);
  const how = parseArguments(argv);
  startDirectory(sh);
  const run = (s: Shell): Blocking<number> => runShell(s, how);
  const status = yield* runToEnd(sh, run);
  if (sh.ttyFd >= 0) stopJobControl(sh);
  return status;
}

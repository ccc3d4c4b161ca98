// xargs: commands with arguments from the input (POSIX xargs; -0 -a -o -P -r as in GNU)
import { EINTR, ENOENT } from "../../abi/errno.ts";
import { O_CLOEXEC, O_RDONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, type Sys } from "../../abi/program.ts";
import { WEXITSTATUS, WIFSIGNALED, WTERMSIG } from "../../abi/signal.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { Input, LineReader } from "../../libc/stdio.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { type Child, startChild } from "../libbb/child.ts";
import { xatou, xatouRange } from "../libbb/numbers.ts";
import { ItemReader } from "./xargs-input.ts";

/** Bytes of a command line, each argument with its NUL. */
const ROOM = 32768 - 2048;
const MOST = 0x7fffffff;
/** Commands at a time with -P 0. */
const PARALLEL_MAX = 100;

class Runner {
  readonly #p: Process;
  readonly #trace: boolean;
  readonly #ask: boolean;
  readonly #terminal: boolean;
  readonly #parallel: number;
  readonly #envp: readonly string[];
  readonly #children = new Map<number, { child: Child; name: string }>();
  #answers: LineReader | undefined;
  status = 0;

  constructor(p: Process, opt: Options, parallel: number) {
    this.#p = p;
    this.#envp = p.environ();
    this.#ask = opt.has("p");
    this.#trace = opt.has("t") || this.#ask;
    this.#terminal = opt.has("o");
    this.#parallel = parallel;
  }

  *#confirmed(): Steps<boolean> {
    this.#answers ??= new LineReader(yield* openOrDie(this.#p, "/dev/tty"));
    const w = this.#p.stderr.puts(" ?...");
    if (w) yield* w;
    let line = this.#answers.next();
    if (isSteps(line)) line = yield* line;
    return /^[yY]/.test(line ?? "");
  }

  /** Runs one command, or lets it run beside others. Ends the program where that is due. */
  *run(argv: readonly string[]): Steps<void> {
    if (this.#trace) {
      const w = this.#p.stderr.puts(argv.join(" ") + (this.#ask ? "" : "\n"));
      if (w) yield* w;
    }
    if (this.#ask && !(yield* this.#confirmed())) return;
    while (this.#children.size >= this.#parallel) yield* this.#wait();
    let stdin = -1;
    if (this.#terminal) stdin = (yield* openOrDie(this.#p, "/dev/tty")).fd;
    const child = yield* startChild(this.#p, argv, this.#envp, (sys: Sys) => {
      if (stdin >= 0) sys.dup2(stdin, 0);
    });
    if (stdin >= 0) this.#p.sys.close(stdin);
    this.#children.set(child.pid, { child, name: argv[0] ?? "" });
    if (this.#parallel === 1) yield* this.finish();
  }

  /** Waits for all. */
  *finish(): Steps<void> {
    while (this.#children.size > 0) yield* this.#wait();
  }

  *#wait(): Steps<void> {
    try {
      let done = this.#p.sys.wait4(-1, 0);
      if (isSteps(done)) done = yield* done;
      const ended = done && this.#children.get(done.pid);
      if (done === undefined || ended === undefined) return;
      this.#children.delete(done.pid);
      this.#judge(done.status, ended.child, ended.name);
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }

  #judge(status: number, child: Child, name: string): void {
    if (child.failure !== undefined)
      throw new Exit(child.failure === ENOENT ? 127 : 126, `${name}: ${strerror(child.failure)}`);
    if (WIFSIGNALED(status))
      throw new Exit(125, `'${name}' terminated by signal ${WTERMSIG(status)}`);
    const code = WEXITSTATUS(status);
    if (code === 255) throw new Exit(124, `${name}: exited with status 255; aborting`);
    if (code !== 0) this.status = 123;
  }
}

function* openOrDie(p: Process, name: string): Steps<Input> {
  try {
    let fd = open(p.sys, name, O_RDONLY | O_CLOEXEC);
    if (isSteps(fd)) fd = yield* fd;
    return new Input(p.sys, fd, name);
  } catch (e) {
    return dieErrno(`can't open '${name}'`, e);
  }
}

function size(args: readonly string[]): number {
  return args.reduce((sum, arg) => sum + arg.length + 1, 0);
}

function tooSmall(): never {
  return die("can't fit single argument within argument list size limit");
}

/** -I: a command for each line. */
function* replace(
  items: ItemReader,
  command: readonly string[],
  text: string,
  room: number,
  runner: Runner,
): Steps<void> {
  for (;;) {
    const item = yield* items.next();
    if (item === undefined) return;
    const argv = command.map((arg) => (text === "" ? arg : arg.replaceAll(text, () => item)));
    if (size(argv) > room) tooSmall();
    yield* runner.run(argv);
  }
}

interface Limits {
  room: number;
  count: number;
  /** -r: nothing is run without items. */
  needsItems: boolean;
}

function* gather(
  items: ItemReader,
  command: readonly string[],
  limits: Limits,
  runner: Runner,
): Steps<void> {
  const room = limits.room - size(command);
  if (room < 0) tooSmall();
  let next = yield* items.next();
  if (next === undefined && !limits.needsItems) yield* runner.run(command);
  while (next !== undefined) {
    const args: string[] = [];
    let used = 0;
    while (next !== undefined && args.length < limits.count) {
      used += next.length + 1;
      if (used > room) break;
      args.push(next);
      next = yield* items.next();
    }
    if (args.length === 0) die("argument line too long");
    yield* runner.run([...command, ...args]);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+trn:s:e::E:opx0I:i::P:a:", { long: { "no-run-if-empty": "r" } });
  const limit = xatou(opt.get("P") ?? "1");
  const parallel = limit === 0 || limit > PARALLEL_MAX ? PARALLEL_MAX : limit;
  const file = opt.get("a");
  if (file !== undefined) {
    // The commands read it, too.
    const input = yield* openOrDie(p, file);
    p.sys.dup2(input.fd, 0);
    input.close();
  }
  const command = opt.operands.length > 0 ? opt.operands : ["echo"];
  const count = opt.get("n");
  const bytes = opt.get("s");
  const limits: Limits = {
    count: count === undefined ? MOST : xatouRange(count, 1, MOST),
    room: bytes === undefined ? ROOM : xatouRange(bytes, 1, MOST),
    needsItems: opt.has("r"),
  };
  const replaces = opt.has("I") || opt.has("i");
  const text = opt.get(opt.lastOf("Ii") ?? "I") ?? "{}";
  const eofWord = opt.get(opt.lastOf("Ee") ?? "E");
  const kind = opt.has("0") ? "nuls" : replaces ? "lines" : "words";
  const items = new ItemReader(p.stdin, kind, eofWord || undefined);
  const runner = new Runner(p, opt, parallel);
  if (replaces) yield* replace(items, command, text, limits.room, runner);
  else yield* gather(items, command, limits, runner);
  yield* runner.finish();
  return runner.status;
}

export const xargs: Applet = {
  name: "xargs",
  path: "/usr/bin/xargs",
  usage: `[OPTIONS] [COMMAND [ARGS]]

Run COMMAND (default: echo) with ARGS and the words of standard input

	-0	Items are ended by NULs; no quoting
	-a FILE	Read FILE, not standard input
	-o	Standard input of COMMAND is /dev/tty
	-r	Do not run COMMAND without any item
	-t	Print each command on stderr first
	-p	Ask before each command
	-E STR, -e[STR]	The word STR ends the input
	-I STR, -i[STR]	COMMAND for each line, which replaces STR (-i: {}) in ARGS
	-n N	No more than N items a command
	-s N	No more than N bytes a command
	-P N	Up to N commands at a time (0: as many as possible)
	-x	End when a command gets too long
`,
  main,
};

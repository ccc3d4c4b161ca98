// What the commands of openssl share: options with one dash, passwords from five places, files, and long computations.
import { Errno } from "../abi/errno.ts";
import { O_CREAT, O_RDWR, O_TRUNC, O_WRONLY } from "../abi/fcntl.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { ECHO } from "../abi/termios.ts";
import { strOf } from "../lib/bytes.ts";
import { Exit, type Process } from "../libc/process.ts";
import { strerror } from "../libc/strerror.ts";
import { TCSAFLUSH, TCSANOW, tcgetattr, tcsetattr } from "../libc/termios.ts";
import { open, readAll, readFile, readText, writeAll } from "../libc/unistd.ts";

/** Most that is taken in. */
export const INPUT_MAX = 0x4000_0000;

/** Words of a command line: "-name value" for those that take one. */
export class Arguments {
  readonly values: Map<string, string> = new Map();
  readonly flags: Set<string> = new Set();
  readonly operands: string[] = [];

  /** `command` is named in messages; unknown words go to `other`, which tells whether it knows them. */
  constructor(
    command: string,
    args: readonly string[],
    spec: { flags: readonly string[]; values: readonly string[] },
    other: (name: string) => boolean = () => false,
  ) {
    for (let i = 0; i < args.length; i++) {
      const arg = args[i] as string;
      if (!arg.startsWith("-") || arg === "-") {
        this.operands.push(...args.slice(i));
        break;
      }
      const name = arg.replace(/^--?/, "");
      if (spec.flags.includes(name)) this.flags.add(name);
      else if (spec.values.includes(name)) {
        const value = args[++i];
        if (value === undefined) fail(`${command}: Option -${name} needs a value`);
        this.values.set(name, value);
      } else if (!other(name))
        fail(`${command}: Unknown option: ${arg}\n${command}: Use -help for summary.`);
    }
  }
}

/** Ends the program with a message as it stands. */
export function fail(message: string, status = 1): never {
  throw new Exit(status, `${message}\n`, true);
}

/** A file's or standard input's contents. */
export function* input(p: Process, path: string | undefined): Steps<Uint8Array> {
  try {
    if (path === undefined) return yield* readAll(p.sys, 0, INPUT_MAX);
    return yield* readFile(p.sys, path, INPUT_MAX);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return fail(`Can't open "${path ?? "stdin"}" for reading, ${strerror(e)}`);
  }
}

/** Writes to a file, or to standard output. */
export function* result(p: Process, path: string | undefined, bytes: Uint8Array): Steps<void> {
  if (path === undefined) {
    const w = p.stdout.write(bytes);
    if (w) yield* w;
    return;
  }
  try {
    const call = open(p.sys, path, O_WRONLY | O_CREAT | O_TRUNC);
    const fd = isSteps(call) ? yield* call : call;
    yield* writeAll(p.sys, fd, bytes);
    p.sys.close(fd);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    fail(`Can't open "${path}" for writing, ${strerror(e)}`);
  }
}

/** A computation of lib/ that gives way to other tasks. */
export function* compute<T>(p: Process, work: Generator<undefined, T>): Steps<T> {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
    if (--p.sys.budget < 0) yield* p.sys.sched_yield();
  }
}

/** -pass: pass:WORD, env:NAME, file:PATH, fd:NUMBER or stdin. */
export function* passwordFrom(p: Process, source: string): Steps<string> {
  const firstLine = (text: string): string => text.split("\n", 1)[0] as string;
  if (source.startsWith("pass:")) return source.slice(5);
  if (source.startsWith("env:")) {
    const name = source.slice(4);
    return p.env.get(name) ?? fail(`No environment variable ${name}\nError getting password`);
  }
  if (source.startsWith("file:")) {
    const path = source.slice(5);
    const text = yield* readText(p.sys, path, 65536);
    return firstLine(text ?? fail(`Can't open file ${path}\nError getting password`));
  }
  if (source === "stdin" || /^fd:\d+$/.test(source)) {
    const fd = source === "stdin" ? 0 : Number(source.slice(3));
    return yield* lineOf(p, fd);
  }
  return fail(
    'Invalid password argument, starting with "pass:" is missing\nError getting password',
  );
}

function* lineOf(p: Process, fd: number): Steps<string> {
  for (let line = ""; ; ) {
    let chunk = p.sys.read(fd, 1);
    if (isSteps(chunk)) chunk = yield* chunk;
    const c = strOf(chunk);
    if (c === "" || c === "\n" || line.length > 1024) return line;
    line += c;
  }
}

/** Asks on the terminal without echo, twice when it is a new one. */
export function* askPassword(p: Process, what: string, twice: boolean): Steps<string> {
  let fd = 0;
  try {
    const call = open(p.sys, "/dev/tty", O_RDWR);
    fd = isSteps(call) ? yield* call : call;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  const once = function* (prompt: string): Steps<string> {
    const w = p.stderr.puts(prompt);
    if (w) yield* w;
    let saved: ReturnType<typeof tcgetattr> | undefined;
    try {
      saved = tcgetattr(p.sys, fd);
      yield* tcsetattr(p.sys, fd, TCSAFLUSH, { ...saved, lflag: saved.lflag & ~ECHO });
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
    let line = "";
    try {
      line = yield* lineOf(p, fd);
    } finally {
      // Also while being killed: this never waits.
      if (saved !== undefined) tcsetattr(p.sys, fd, TCSANOW, saved).next();
    }
    const end = p.stderr.puts("\n");
    if (end) yield* end;
    return line;
  };
  const password = yield* once(`enter ${what} password:`);
  if (twice && (yield* once(`Verifying - enter ${what} password:`)) !== password)
    fail("Verify failure\nbad password read");
  if (fd !== 0) p.sys.close(fd);
  return password;
}

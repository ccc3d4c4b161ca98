// What a program's main gets: arguments, environment, standard streams, and the ways to complain and to end.
import { Errno } from "../abi/errno.ts";
import type { Steps, Sys } from "../abi/program.ts";
import { Input, Output } from "./stdio.ts";
import { strerror } from "./strerror.ts";

/**
 * Ends the program from anywhere: `throw new Exit(1)`. What is buffered is flushed, then `message`,
 * if any, goes to stderr: "prog: message", or as it stands when `verbatim`.
 */
export class Exit {
  /** undefined: the program's own status for errors. */
  readonly status: number | undefined;
  readonly message: string | undefined;
  readonly verbatim: boolean;

  constructor(status: number | undefined, message?: string, verbatim = false) {
    this.status = status;
    this.message = message;
    this.verbatim = verbatim;
  }
}

/** Ends the program with "prog: message" and its status for errors (errx(3)). */
export function die(message: string, status?: number): never {
  throw new Exit(status, message);
}

/** As {@link die} with the error's text added: "prog: message: strerror" (err(3)). */
export function dieErrno(message: string, e: unknown, status?: number): never {
  if (!(e instanceof Errno)) throw e;
  throw new Exit(status, `${message}: ${strerror(e)}`);
}

/** A running program, as its main function sees it. */
export class Process {
  readonly sys: Sys;
  readonly argv: readonly string[];
  /** What messages begin with: the last part of argv[0], without a login shell's "-". */
  progname: string;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Prints after usage errors and for --help; empty where a program has none. */
  usage = "";
  /** Exit status of wrong usage and of other errors that end the program. */
  errorStatus = 1;
  readonly #envp: readonly string[];
  #env: Map<string, string> | undefined;

  constructor(sys: Sys, argv: readonly string[], envp: readonly string[]) {
    this.sys = sys;
    this.argv = argv;
    this.#envp = envp;
    const name = argv[0] ?? "";
    const base = name.slice(name.lastIndexOf("/") + 1);
    this.progname = base.startsWith("-") ? base.slice(1) : base;
    this.stdin = new Input(sys, 0, "standard input");
    this.stdout = new Output(sys, 1);
    this.stderr = new Output(sys, 2, true);
  }

  /** The environment, to be changed freely: children get it through `environ()`. */
  get env(): Map<string, string> {
    if (this.#env === undefined) {
      this.#env = new Map();
      for (const entry of this.#envp) {
        const eq = entry.indexOf("=");
        // The first of two equal names counts, as with getenv(3).
        if (eq > 0 && !this.#env.has(entry.slice(0, eq)))
          this.#env.set(entry.slice(0, eq), entry.slice(eq + 1));
      }
    }
    return this.#env;
  }

  /** The environment as execve(2) takes it. */
  environ(): string[] {
    if (this.#env === undefined) return [...this.#envp];
    return Array.from(this.#env, ([name, value]) => `${name}=${value}`);
  }

  /** "prog: message" on stderr, after what stdout holds. */
  *warnx(message: string): Steps<void> {
    const f = this.stdout.flush();
    if (f) yield* f;
    const w = this.stderr.puts(`${this.progname}: ${message}\n`);
    if (w) yield* w;
  }

  /** "prog: message: strerror" on stderr. What is no Errno is thrown on. */
  *warn(message: string, e: unknown): Steps<void> {
    if (!(e instanceof Errno)) throw e;
    yield* this.warnx(`${message}: ${strerror(e)}`);
  }

  /** Ends the program with the usage text, after "prog: message" if given: for wrong arguments. */
  usageError(message?: string, status: number = this.errorStatus): never {
    const first = message === undefined ? "" : `${this.progname}: ${message}\n`;
    throw new Exit(status, first + this.usage, true);
  }
}

/**
 * Runs a program to its exit status: flushes stdout at the end, turns {@link Exit} into its status and
 * an uncaught Errno into "prog: strerror" and its status for errors.
 */
export function* runMain(p: Process, main: (p: Process) => Steps<number>): Steps<number> {
  let status: number;
  let text = "";
  try {
    status = yield* main(p);
  } catch (e) {
    if (e instanceof Exit) {
      status = e.status ?? p.errorStatus;
      if (e.message !== undefined) text = e.verbatim ? e.message : `${p.progname}: ${e.message}\n`;
    } else if (e instanceof Errno) {
      status = p.errorStatus;
      text = `${p.progname}: ${strerror(e)}\n`;
    } else throw e;
  }
  const f = p.stdout.flush();
  if (f) yield* f;
  if (text !== "") {
    const w = p.stderr.puts(text);
    if (w) yield* w;
  }
  p.stdin.giveBack();
  return status;
}

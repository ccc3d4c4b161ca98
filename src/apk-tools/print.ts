// Messages, wrapped lists, sizes and the progress bar.
import type { Steps } from "../abi/program.ts";
import type { Process } from "../libc/process.ts";

/** Where apk says things: results and messages on stdout, warnings and errors on stderr. */
export class Print {
  readonly #p: Process;
  /** 0 with -q, 1 as it comes, 2 with -v, 3 with -v -v. */
  verbosity = 1;
  /** Errors told so far: some commands end with them as their status. */
  errors = 0;

  constructor(p: Process) {
    this.#p = p;
  }

  /** Text on stdout as it stands: what was asked for, also with -q. */
  *out(text: string): Steps<void> {
    const w = this.#p.stdout.puts(text);
    if (w) yield* w;
  }

  /** A line of what is going on; not with -q. */
  *message(line: string): Steps<void> {
    if (this.verbosity >= 1) yield* this.out(`${line}\n`);
  }

  /** A line for those who want to know more: -v. */
  *verbose(line: string): Steps<void> {
    if (this.verbosity >= 2) yield* this.out(`${line}\n`);
  }

  /** "WARNING: line" on stderr. */
  *warning(line: string): Steps<void> {
    yield* this.#complain(`WARNING: ${line}\n`);
  }

  /** "ERROR: line" on stderr. */
  *error(line: string): Steps<void> {
    this.errors++;
    yield* this.#complain(`ERROR: ${line}\n`);
  }

  *#complain(text: string): Steps<void> {
    const f = this.#p.stdout.flush();
    if (f) yield* f;
    const w = this.#p.stderr.puts(text);
    if (w) yield* w;
  }
}

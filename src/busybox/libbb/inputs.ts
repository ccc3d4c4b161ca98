// Inputs of text tools: each FILE in turn, "-" or none for standard input; one that fails is reported
// and the next is taken.
import { Errno } from "../../abi/errno.ts";
import { O_RDONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { Input } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";

/** Opens FILE for reading, "-" being standard input. Throws Errno. */
export function* openInput(p: Process, name: string): Steps<Input> {
  if (name === "-") return p.stdin;
  let fd = open(p.sys, name, O_RDONLY);
  if (isSteps(fd)) fd = yield* fd;
  return new Input(p.sys, fd, name);
}

/** Closes what {@link openInput} opened. */
export function closeInput(p: Process, input: Input): void {
  if (input !== p.stdin) input.close();
}

/**
 * Runs `each` over the inputs. A failure to open is "prog: NAME: why", or "prog: can't open 'NAME': why"
 * when `quoted`; one to read is "prog: NAME: why". The result is 1 after any failure, or what `each`
 * returned highest.
 */
export function* forEachInput(
  p: Process,
  names: readonly string[],
  each: (input: Input, name: string) => Steps<number> | Steps<void>,
  quoted = false,
): Steps<number> {
  let status = 0;
  for (const name of names.length === 0 ? ["-"] : names) {
    let input: Input;
    try {
      input = yield* openInput(p, name);
    } catch (e) {
      yield* p.warn(quoted ? `can't open '${name}'` : name, e);
      status = Math.max(status, 1);
      continue;
    }
    try {
      status = Math.max(status, Number((yield* each(input, name)) ?? 0));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(input.name, e);
      status = Math.max(status, 1);
    } finally {
      closeInput(p, input);
    }
  }
  return status;
}

/** As {@link openInput}; a failure ends the program: "prog: NAME: why". */
export function* openOrDie(p: Process, name: string): Steps<Input> {
  try {
    return yield* openInput(p, name);
  } catch (e) {
    return dieErrno(name, e);
  }
}

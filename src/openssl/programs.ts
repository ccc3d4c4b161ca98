// openssl: those of its commands that the system's own programs need.
import type { Program, Steps } from "../abi/program.ts";
import { FormatError } from "../lib/format-error.ts";
import { Process, runMain } from "../libc/process.ts";
import { fail } from "./command.ts";
import { DIGESTS, dgst } from "./dgst.ts";
import { cipherNamed, enc } from "./enc.ts";
import { help, list, passwd, rand, version } from "./small.ts";

type Command = (p: Process, args: readonly string[]) => Steps<number>;
const COMMANDS: Readonly<Record<string, Command>> = {
  dgst,
  enc,
  help,
  list,
  passwd,
  rand,
  version,
};

function* main(p: Process): Steps<number> {
  const [name = "help", ...args] = p.argv.slice(1);
  try {
    if (Object.hasOwn(COMMANDS, name)) return yield* (COMMANDS[name] as Command)(p, args);
    if (cipherNamed(name) !== undefined) return yield* enc(p, args, name);
    if (DIGESTS.includes(name)) return yield* dgst(p, args, name);
  } catch (e) {
    if (!(e instanceof FormatError)) throw e;
    fail(e.message);
  }
  return fail(`Invalid command '${name}'; type "help" for a list.`);
}

const openssl: Program = (sys, argv, envp) => {
  const p = new Process(sys, argv, envp);
  return runMain(p, main);
};

/** The program by its name. */
export function opensslPrograms(): [name: string, program: Program][] {
  return [["openssl", openssl]];
}

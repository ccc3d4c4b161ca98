// getopts as the shell has it: options end at the first operand, and wrong ones are named as ash names them.
import type { Steps } from "../abi/program.ts";
import { Exit, type Process } from "../libc/process.ts";

/** What was given on a command line, in its order. */
export interface Given {
  options: [letter: string, value: string][];
  operands: string[];
}

/** Cuts arguments up; at the first wrong one `wrong` is its message and the rest is left alone. */
export function parseOptions(args: readonly string[], spec: string): Given & { wrong?: string } {
  const options: Given["options"] = [];
  let at = 0;
  for (; at < args.length; at++) {
    const arg = args[at] as string;
    if (arg === "--") {
      at++;
      break;
    }
    if (arg.length < 2 || arg[0] !== "-") break;
    for (let i = 1; i < arg.length; i++) {
      const letter = arg.charAt(i);
      const place = letter === ":" ? -1 : spec.indexOf(letter);
      if (place < 0) return { options, operands: [], wrong: `Illegal option -${letter}` };
      if (spec[place + 1] !== ":") {
        options.push([letter, ""]);
        continue;
      }
      const value = i + 1 < arg.length ? arg.slice(i + 1) : args[++at];
      if (value === undefined)
        return { options, operands: [], wrong: `No arg for -${letter} option` };
      options.push([letter, value]);
      break;
    }
  }
  return { options, operands: args.slice(at) };
}

/** Prints a usage text, for -h on standard output, and ends the program. */
export function* showUsage(p: Process, text: string, status: number): Steps<never> {
  if (status !== 0) throw new Exit(status, text, true);
  const w = p.stdout.puts(text);
  if (w) yield* w;
  throw new Exit(0);
}

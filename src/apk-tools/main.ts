// apk: the package manager. Finds the applet and its options, and runs it.
import type { Program, Steps } from "../abi/program.ts";
import { Process, runMain } from "../libc/process.ts";

function* main(p: Process): Steps<number> {
  const w = p.stderr.puts("apk: no commands yet\n");
  if (w) yield* w;
  return 1;
}

/** The program. */
export const apk: Program = (sys, argv, envp) => runMain(new Process(sys, argv, envp), main);

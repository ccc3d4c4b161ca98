// shell_var: words made fit for names of shell variables.
import type { Program, Steps } from "../abi/program.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";

function* main(rc: Rc): Steps<number> {
  const words = rc.p.argv.slice(1).map((word) => word.replace(/[^a-zA-Z0-9]/g, "_"));
  yield* rc.print(`${words.join(" ")}\n`);
  return 0;
}

/** The program. */
export const shellVar: Program = rcProgram(main);

// ash and sh: the shell, which is a room of its own (src/ash).
import type { Builtin } from "../../ash/bltin.ts";
import { allBuiltins } from "../../ash/builtins.ts";
import { ashMain } from "../../ash/main.ts";
import type { Applet } from "../libbb/applet.ts";

const usage =
  "[-il] [-|+Cabefmnuvx] [-|+o OPT]... [-c 'SCRIPT' [ARG0 ARGS] | FILE [ARGS] | -s [ARGS]]\n\n" +
  "Read commands and run them: from SCRIPT, from FILE, or from standard input\n";

// Memo of a constant table.
let builtins: ReadonlyMap<string, Builtin> | undefined;

function shell(name: string): Applet {
  return {
    name,
    path: `/bin/${name}`,
    usage,
    main: (p) => {
      builtins ??= allBuiltins();
      return ashMain(p.sys, p.argv, p.environ(), builtins);
    },
  };
}

export const ash: Applet = shell("ash");
export const sh: Applet = shell("sh");

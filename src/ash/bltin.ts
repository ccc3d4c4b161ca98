// What a builtin is to the shell; the table of them is in builtins.ts.
import type { Blocking } from "../abi/program.ts";
import type { Shell } from "./shell.ts";

export interface Builtin {
  readonly name: string;
  /** Special in the sense of POSIX 2.14: found before functions, keeps assignments, fatal errors. */
  readonly special: boolean;
  /** Arguments like `name=value` are not split. */
  readonly assigns: boolean;
  /** argv[0] is the name. A ShellError thrown ends the script when the builtin is special. */
  readonly run: (sh: Shell, argv: readonly string[]) => Blocking<number>;
  /** The same where the shell ends after it anyway. */
  readonly runLast?: (sh: Shell, argv: readonly string[]) => Blocking<number>;
}

type Main = Builtin["run"];

export function regular(name: string, run: Main): Builtin {
  return { name, special: false, assigns: false, run };
}

export function special(name: string, run: Main, assigns = false): Builtin {
  return { name, special: true, assigns, run };
}

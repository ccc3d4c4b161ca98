// trap (POSIX XCU trap; ash's ERR), times.
import type { Blocking } from "../../abi/program.ts";
import { signalName, signalNumber } from "../../libc/strsignal.ts";
import { type Builtin, special } from "../bltin.ts";
import { type Shell, TRAP_ERR } from "../shell.ts";
import { setSignal } from "../trap.ts";
import { singleQuote } from "../var.ts";
import { options } from "./vars.ts";

function number(name: string): number {
  if (name === "ERR") return TRAP_ERR;
  if (name.toUpperCase() === "EXIT") return 0;
  const signo = signalNumber(name);
  return signo > 64 ? -1 : signo;
}

function list(traps: ReadonlyMap<number, string>): string {
  let out = "";
  for (const signo of [...traps.keys()].sort((a, b) => a - b)) {
    const name = signo === TRAP_ERR ? "ERR" : signalName(signo);
    out += `trap -- ${singleQuote(traps.get(signo) ?? "")} ${name}\n`;
  }
  return out;
}

function trapMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { rest } = options(sh, argv, "");
  if (rest.length === 0) return sh.print(list(sh.listedTraps ?? sh.traps));
  // A lone condition, or a number first, resets.
  const reset = rest.length === 1 || /^[0-9]+$/.test(rest[0] as string);
  const action = reset ? undefined : (rest[0] as string);
  const names = reset ? rest : rest.slice(1);
  let complaints = "";
  for (const name of names) {
    const signo = number(name);
    if (signo < 0) {
      complaints += sh.message(`${name}: invalid signal specification`);
      continue;
    }
    sh.listedTraps = undefined;
    const traps = sh.ownTraps();
    if (action === undefined || action === "-") traps.delete(signo);
    else traps.set(signo, action);
    if (signo === TRAP_ERR) sh.refreshWatch();
    else if (signo > 0) setSignal(sh, signo);
  }
  return complaints === "" ? 0 : sh.print2(complaints, 1);
}

function clock(ms: number): string {
  const minutes = Math.floor(ms / 60000);
  return `${minutes}m${((ms % 60000) / 1000).toFixed(3)}s`;
}

function timesMain(sh: Shell): Blocking<number> {
  const t = sh.sys.times();
  return sh.print(
    `${clock(t.utimeMs)} ${clock(t.stimeMs)}\n${clock(t.cutimeMs)} ${clock(t.cstimeMs)}\n`,
  );
}

export const TRAPS = (): readonly Builtin[] => [
  special("trap", trapMain),
  special("times", timesMain),
];

// set -x: what is about to be executed, after PS4.
import { isSteps, type Steps } from "../abi/program.ts";
import { type Shell, ShellError } from "./shell.ts";
import { maybeQuote } from "./var.ts";

/** Prints assignments and arguments to standard error. */
export function* traceCommand(
  sh: Shell,
  assigns: readonly (readonly [name: string, value: string])[],
  argv: readonly string[],
): Steps<void> {
  sh.opts.xtrace = false;
  let prefix: string;
  const { status, backStatus } = sh;
  const ps4 = sh.get("PS4") ?? "";
  try {
    const expanded = sh.hooks.expandText(sh, ps4);
    prefix = isSteps(expanded) ? yield* expanded : expanded;
  } catch (e) {
    if (!(e instanceof ShellError)) throw e;
    const w = sh.print2(`${e.message}\n`, 0);
    if (isSteps(w)) yield* w;
    prefix = ps4;
  } finally {
    sh.opts.xtrace = true;
  }
  sh.status = status;
  sh.backStatus = backStatus;
  const words = assigns.map(([name, value]) => `${name}=${maybeQuote(value)}`);
  for (const arg of argv) words.push(maybeQuote(arg));
  const w = sh.write(sh.traceFd, `${prefix}${words.join(" ")}\n`);
  sh.traceFd = 2;
  if (isSteps(w)) yield* w;
}

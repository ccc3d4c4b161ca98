// setup-hostname: asks for the machine's name and writes /etc/hostname (setup-hostname(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-hostname [-h] [HOSTNAME]

Gives the machine its name; asks for it without HOSTNAME

options:
 -h  Show this text
`;

/** What is wrong with a name. */
export function hostnameFault(name: string): string | undefined {
  if (name.length > 255) return `Hostname '${name}' is too long.`;
  if (/[^0-9a-zA-Z.-]/.test(name))
    return "Hostname must only contain letters (a-z A-Z), digits (0-9), '.' or '-'";
  if (name.startsWith("-")) return "Hostname must not start with a '-'";
  if (name.startsWith(".")) return "Hostname must not start with a '.'";
  return undefined;
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hn:");
  let name = options.findLast(([letter]) => letter === "n")?.[1] ?? "";
  if (name === "" && operands.length === 1) name = operands[0] as string;
  if (name !== "") {
    const fault = hostnameFault(name);
    if (fault !== undefined) s.die(fault);
  }
  while (name === "") {
    const current = yield* s.hostname();
    const answer = yield* s.ask(
      "Enter system hostname (fully qualified form, e.g. 'foo.example.org')",
      current,
    );
    const fault = hostnameFault(answer);
    if (fault === undefined) name = answer;
    else yield* s.eecho(fault);
  }
  s.mkdirs(`${s.root}etc`);
  yield* s.write(`${s.root}etc/hostname`, `${name}\n`);
  return 0;
}

/** The program. */
export const setupHostname: Program = setupProgram(USAGE, main);

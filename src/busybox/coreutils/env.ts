// env: run a program in a changed environment, or print that (POSIX env; -0 -u as in GNU)
import { EINVAL } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+i0u:", { long: { "ignore-environment": "i", null: "0", unset: "u" } });
  let operands = opt.operands;
  // A lone "-" is the old form of -i.
  const dash = operands[0] === "-";
  if (dash) operands = operands.slice(1);
  if (dash || opt.has("i")) p.env.clear();
  for (const name of opt.all("u")) p.env.delete(name);
  let n = 0;
  for (const operand of operands) {
    const eq = operand.indexOf("=");
    if (eq < 0) break;
    if (eq === 0) dieErrno("putenv", EINVAL);
    p.env.set(operand.slice(0, eq), operand.slice(eq + 1));
    n++;
  }
  if (n < operands.length) return yield* execOrDie(p, operands.slice(n));
  const end = opt.has("0") ? "\0" : "\n";
  const w = p.stdout.puts(
    p
      .environ()
      .map((entry) => entry + end)
      .join(""),
  );
  if (w) yield* w;
  return 0;
}

export const env: Applet = {
  name: "env",
  path: "/usr/bin/env",
  usage: `[-i0] [-u NAME]... [-] [NAME=VALUE]... [PROG ARGS]

Run PROG with these changes to the environment, or print it

	-, -i	Begin with an empty environment
	-0	End printed entries with NUL
	-u NAME	Remove NAME
`,
  main,
};

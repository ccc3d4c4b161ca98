// printenv: print the environment (as in BSD)
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const names = p.argv.slice(1);
  let status = 0;
  let out = "";
  if (names.length === 0) for (const entry of p.environ()) out += `${entry}\n`;
  for (const name of names) {
    const value = p.env.get(name);
    if (value === undefined) status = 1;
    else out += `${value}\n`;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return status;
}

export const printenv: Applet = {
  name: "printenv",
  path: "/bin/printenv",
  usage: `[VARIABLE]...

Print the values of VARIABLEs, or the whole environment
`,
  main,
};

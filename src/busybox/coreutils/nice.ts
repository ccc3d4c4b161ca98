// nice: run a program with another priority (POSIX nice)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { PRIO_PROCESS } from "../../abi/resource.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoiRange } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const current = p.sys.getpriority(PRIO_PROCESS, 0);
  let args = p.argv.slice(1);
  if (args.length === 0) {
    const w = p.stdout.puts(`${current}\n`);
    if (w) yield* w;
    return 0;
  }
  let adjust = 10;
  const first = args[0] as string;
  if (first.startsWith("-")) {
    // -n N, -nN and the old -N, where N may be negative too.
    let value = first.slice(1);
    args = args.slice(1);
    if (value.startsWith("n")) {
      value = value.slice(1);
      if (value === "") value = args.shift() ?? p.usageError();
    }
    adjust = xatoiRange(value, -0x7fffffff, 0x7fffffff);
    if (args.length === 0) p.usageError();
  }
  try {
    p.sys.setpriority(PRIO_PROCESS, 0, Math.max(-20, Math.min(19, current + adjust)));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    dieErrno(`setpriority(${current + adjust})`, e);
  }
  return yield* execOrDie(p, args);
}

export const nice: Applet = {
  name: "nice",
  path: "/bin/nice",
  usage: `[-n ADJUST] [PROG ARGS]

Run PROG with its priority changed; without PROG print the present one

	-n ADJUST	Add ADJUST to the niceness (default 10)
`,
  main,
};

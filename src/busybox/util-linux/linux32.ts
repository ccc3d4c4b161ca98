// linux32, linux64: runs a program that is told it runs on the 32-bit or 64-bit machine (setarch(8), personality(2))
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";

const PER_LINUX = 0;
const PER_LINUX32 = 8;

function as(persona: number): (p: Process) => Steps<number> {
  return function* (p) {
    const opt = getopt(p, "+");
    p.sys.personality(persona);
    return yield* execOrDie(p, opt.operands.length > 0 ? opt.operands : ["/bin/sh"]);
  };
}

export const linux32: Applet = {
  name: "linux32",
  path: "/bin/linux32",
  usage: "[PROG ARGS]\n\nRun PROG (default: a shell) as on a 32-bit machine\n",
  main: as(PER_LINUX32),
};

export const linux64: Applet = {
  name: "linux64",
  path: "/bin/linux64",
  usage: "[PROG ARGS]\n\nRun PROG (default: a shell) as on a 64-bit machine\n",
  main: as(PER_LINUX),
};

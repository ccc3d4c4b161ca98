// usleep: wait for microseconds
import { type Steps, settle } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatouRange } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const text = p.argv[1] ?? p.usageError();
  yield* settle(p.sys.nanosleep(xatouRange(text, 0, 0xffffffff) / 1000));
  return 0;
}

export const usleep: Applet = {
  name: "usleep",
  path: "/bin/usleep",
  usage: "N\n\nWait for N microseconds\n",
  main,
};

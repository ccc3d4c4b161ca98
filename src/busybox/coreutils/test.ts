// test, [, [[: evaluate a condition (POSIX test); the shell's own is the same
import type { Steps } from "../../abi/program.ts";
import { testMain } from "../../ash/bltin/test.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const complaints: string[] = [];
  const status = testMain(p.sys, p.argv, (message) => complaints.push(message));
  for (const message of complaints) yield* p.warnx(message);
  return status;
}

export const test: Applet = {
  name: "test",
  path: "/usr/bin/test",
  usage: "EXPRESSION ]\n\nStatus 0 when EXPRESSION holds, 1 when not\n",
  main,
  noHelp: true,
};

export const bracket: Applet = { ...test, name: "[", path: "/usr/bin/[" };

export const doubleBracket: Applet = { ...test, name: "[[", path: "/usr/bin/[[" };

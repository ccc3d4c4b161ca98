// tty: the name of the terminal that is standard input (POSIX tty)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import type { Process } from "../../libc/process.ts";
import { isatty } from "../../libc/stdio.ts";
import { readlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  if (p.argv.length > 1) yield* p.warnx("ignoring all arguments");
  let name: string | undefined;
  if (isatty(p.sys, 0)) {
    try {
      name = readlink(p.sys, "/proc/self/fd/0");
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
    }
  }
  const w = p.stdout.puts(`${name ?? "not a tty"}\n`);
  if (w) yield* w;
  return name === undefined ? 1 : 0;
}

export const tty: Applet = {
  name: "tty",
  path: "/usr/bin/tty",
  usage: "\n\nPrint the name of the terminal on standard input\n",
  main,
};

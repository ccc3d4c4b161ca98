// pwdx: current directories of processes (as in procps)
import { ENOENT, Errno, ESRCH } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { readlink } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "", { min: 1 });
  for (const word of opt.operands) {
    const pid = /^(?:\/proc\/)?([0-9]+)$/.exec(word)?.[1] ?? die(`invalid process id: '${word}'`);
    let text: string;
    try {
      text = readlink(p.sys, `/proc/${pid}/cwd`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      text = strerror(e === ENOENT ? ESRCH : e);
    }
    const w = p.stdout.puts(`${pid}: ${text}\n`);
    if (w) yield* w;
  }
  return 0;
}

export const pwdx: Applet = {
  name: "pwdx",
  path: "/usr/bin/pwdx",
  usage: "PID...\n\nShow the current directories of processes\n",
  main,
};

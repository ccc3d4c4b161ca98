// nohup: run a program that a hangup does not end (POSIX nohup)
import { Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_RDONLY, O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGHUP } from "../../abi/signal.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import { isatty } from "../../libc/stdio.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** Opens nohup.out here, or at home where that cannot be. */
function* openOutput(p: Process): Steps<[fd: number, name: string]> {
  const flags = O_WRONLY | O_CREAT | O_APPEND;
  try {
    return [yield* settle(open(p.sys, "nohup.out", flags, 0o600)), "nohup.out"];
  } catch (e) {
    const home = p.env.get("HOME");
    if (!(e instanceof Errno) || home === undefined)
      return dieErrno("can't open 'nohup.out'", e, 127);
    const name = `${home}/nohup.out`;
    try {
      return [yield* settle(open(p.sys, name, flags, 0o600)), name];
    } catch (e2) {
      return dieErrno(`can't open '${name}'`, e2, 127);
    }
  }
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const args = p.argv.slice(1);
  if (args.length === 0) p.usageError(undefined, 127);
  const move = (fd: number, to: number): void => {
    if (fd === to) return;
    sys.dup2(fd, to);
    sys.close(fd);
  };
  if (isatty(sys, 0)) move(yield* settle(open(sys, "/dev/null", O_RDONLY)), 0);
  const stderrIsTty = isatty(sys, 2);
  if (isatty(sys, 1)) {
    const [fd, name] = yield* openOutput(p);
    yield* p.warnx(`appending output to ${name}`);
    move(fd, 1);
  }
  if (stderrIsTty) sys.dup2(1, 2);
  sys.rt_sigaction(SIGHUP, { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } });
  return yield* execOrDie(p, args);
}

export const nohup: Applet = {
  name: "nohup",
  path: "/usr/bin/nohup",
  usage: `PROG ARGS

Run PROG so that hangups do not end it; output to a terminal goes to nohup.out instead
`,
  main,
};

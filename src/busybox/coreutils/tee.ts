// tee: copy standard input to files and to standard output (POSIX tee)
import { EIO, Errno } from "../../abi/errno.ts";
import { O_APPEND, O_CREAT, O_TRUNC, O_WRONLY } from "../../abi/fcntl.ts";
import { isSteps, type Steps, settle } from "../../abi/program.ts";
import { SIG_IGN, SIGINT } from "../../abi/signal.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { open, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { COPY_SIZE } from "../libbb/copy.ts";

interface Target {
  fd: number;
  name: string;
  failed: boolean;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "ia");
  if (opt.has("i")) {
    sys.rt_sigaction(SIGINT, { handler: SIG_IGN, flags: 0, mask: { lo: 0, hi: 0 } });
  }
  let status = 0;
  const targets: Target[] = [{ fd: 1, name: "standard output", failed: false }];
  for (const name of opt.operands) {
    try {
      const flags = O_WRONLY | O_CREAT | (opt.has("a") ? O_APPEND : O_TRUNC);
      const fd = name === "-" ? 1 : yield* settle(open(sys, name, flags));
      targets.push({ fd, name: name === "-" ? "standard output" : name, failed: false });
    } catch (e) {
      yield* p.warn(name, e);
      status = 1;
    }
  }
  for (;;) {
    let chunk = sys.read(0, COPY_SIZE);
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) break;
    for (const target of targets) {
      if (target.failed) continue;
      try {
        const n = sys.write(target.fd, chunk);
        const written = isSteps(n) ? yield* n : n;
        if (written < chunk.length) yield* writeAll(sys, target.fd, chunk.subarray(written));
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        target.failed = true;
      }
    }
    if (targets.every((t) => t.failed)) break;
  }
  for (const target of targets) {
    if (!target.failed) continue;
    yield* p.warn(target.name, EIO);
    status = 1;
  }
  return status;
}

export const tee: Applet = {
  name: "tee",
  path: "/usr/bin/tee",
  usage: `[-ai] [FILE]...

Copy standard input to standard output and to each FILE

	-a	Append to FILEs
	-i	Ignore interrupts (SIGINT)
`,
  main,
};

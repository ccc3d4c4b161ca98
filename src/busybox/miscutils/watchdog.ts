// watchdog: keeps a watchdog device from resetting the machine (Linux's Documentation/watchdog/watchdog-api.rst)
import { EINTR, Errno } from "../../abi/errno.ts";
import { O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, type Sys, settle } from "../../abi/program.ts";
import { SIGHUP, SIGINT, SIGTERM } from "../../abi/signal.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { Process, runMain } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import type { Applet } from "../libbb/applet.ts";
import { becomeDaemon } from "../libbb/daemon.ts";
import { openDevice } from "../libbb/device.ts";
import { xatou } from "../libbb/numbers.ts";

const WDIOC_SETOPTIONS = 0x80045704;
const WDIOS_ENABLECARD = 2;
const WDIOC_SETTIMEOUT = 0xc0045706;

/** Seconds, or milliseconds as "500ms", in milliseconds. */
function period(text: string | undefined, otherwise: number): number {
  return text === undefined ? otherwise : xatou(text, [["ms", 0.001]]) * 1000;
}

function* keep(p: Process, sys: Sys, opt: Options): Steps<number> {
  const reset = period(opt.get("t"), 30000);
  const limit = period(opt.get("T"), 60000);
  const fd = yield* openDevice(p, opt.operands[0] as string, O_WRONLY);
  for (const [request, arg] of [
    [WDIOC_SETOPTIONS, WDIOS_ENABLECARD],
    [WDIOC_SETTIMEOUT, Math.floor(limit / 1000)],
  ] as const) {
    try {
      yield* settle(sys.ioctl(fd, request, arg));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warnx(`ioctl 0x${request.toString(16)} failed: ${strerror(e)}`);
    }
  }
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  for (const signo of [SIGHUP, SIGINT, SIGTERM])
    sys.rt_sigaction(signo, { handler: end, flags: 0, mask: { lo: 0, hi: 0 } });
  while (!ended) {
    yield* settle(sys.write(fd, bytesOf("\0")));
    try {
      yield* settle(sys.nanosleep(reset));
    } catch (e) {
      if (e !== EINTR) throw e;
    }
  }
  // This one byte tells the device that the end is meant.
  yield* settle(sys.write(fd, bytesOf("V")));
  return 0;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "Ft:T:", { min: 1, max: 1 });
  if (opt.has("F")) return yield* keep(p, p.sys, opt);
  const envp = p.environ();
  p.sys.fork(function* (sys) {
    yield* becomeDaemon(sys);
    return yield* runMain(new Process(sys, p.argv, envp), (own) => keep(own, sys, opt));
  });
  return 0;
}

export const watchdog: Applet = {
  name: "watchdog",
  path: "/sbin/watchdog",
  usage: `[-t N] [-T N] [-F] DEV

Write to watchdog device DEV again and again

	-t N	Every N seconds (30)
	-T N	Without it, let it reset the machine after N seconds (60)
	-F	Stay in the foreground

500ms is half a second
`,
  main,
};

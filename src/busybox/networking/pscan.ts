// pscan: which TCP ports of a host are open
import { ECONNREFUSED, Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SO_SNDTIMEO, SOCK_CLOEXEC, SOCK_STREAM, SOL_SOCKET } from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { sockAddr } from "../../libc/inet.ts";
import { die, type Process } from "../../libc/process.ts";
import { resolveHost, services } from "../../libc/resolv.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cbp:P:t:T:", { min: 1, max: 1 });
  const { sys } = p;
  const number = (key: string, otherwise: number): number =>
    opt.has(key) ? xatou(opt.get(key) as string) : otherwise;
  const [least, most] = [number("p", 1), number("P", 1024)];
  const timeoutMs = number("t", 5000);
  number("T", 5);
  if (least < 1 || most > 65535) p.usageError();
  const host = opt.operands[0] as string;
  const addr = (yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`);
  const put = function* (text: string): Steps<void> {
    const w = p.stdout.puts(text);
    if (w) yield* w;
  };
  yield* put(`Scanning ${host} ports ${least} to ${most}\n Port\tProto\tState\tService\n`);
  const { names } = yield* services(sys);
  const counts = { open: 0, closed: 0, blocked: 0 };
  for (let port = least; port <= most; port++) {
    const to = sockAddr(addr, port);
    const fd = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    let state: keyof typeof counts = "open";
    try {
      sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, Math.max(1, timeoutMs));
      yield* settle(sys.connect(fd, to));
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      state = e === ECONNREFUSED ? "closed" : "blocked";
    } finally {
      sys.close(fd);
    }
    counts[state]++;
    const shown = state === "open" || opt.has(state === "closed" ? "c" : "b");
    if (shown)
      yield* put(
        `${String(port).padStart(5)}\ttcp\t${state}\t${names.get(`${port}/tcp`) ?? "unknown"}\n`,
      );
  }
  yield* put(
    `${counts.closed} closed, ${counts.open} open, ${counts.blocked} timed out (or blocked) ports\n`,
  );
  return 0;
}

export const pscan: Applet = {
  name: "pscan",
  path: "/usr/bin/pscan",
  usage: `[-cb] [-p MIN_PORT] [-P MAX_PORT] [-t TIMEOUT] [-T MIN_RTT] HOST

Show the open TCP ports of HOST

	-c	Those that are closed too
	-b	Those that are blocked too
	-p PORT	From this one (1)
	-P PORT	To this one (1024)
	-t MS	How long to wait for an answer (5000)
	-T MS	Shortest time an answer takes (5)
`,
  main,
};

// traceroute, traceroute6: the hops to a host. Of the machine's network only what is one hop away can be asked.
import { EAGAIN, EINTR, Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_MONOTONIC } from "../../abi/resource.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SO_BINDTODEVICE,
  SO_RCVTIMEO,
  SOCK_RAW,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { hostNames, resolveHost } from "../../libc/resolv.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const HEADERS = { [AF_INET]: 46, [AF_INET6]: 72 } as const;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "FIlnrdvt:i:m:p:q:s:w:z:f:46", { min: 1, max: 2 });
  const { sys } = p;
  const number = (key: string, otherwise: number): number =>
    opt.has(key) ? xatou(opt.get(key) as string) : otherwise;
  const six = p.progname === "traceroute6" || opt.has("6");
  const [host = "", bytesText] = opt.operands;
  const hops = number("m", 30);
  const probes = number("q", 3);
  const waitMs = number("w", 3) * 1000;
  const family = six ? AF_INET6 : opt.has("4") ? AF_INET : 0;
  const addr = (yield* resolveHost(sys, host, family))[0] ?? die(`bad address '${host}'`);
  const to = sockAddr(addr, 0);
  const size = bytesText === undefined ? HEADERS[to.family] : xatou(bytesText);
  let fd: number;
  try {
    fd = sys.socket(to.family, SOCK_RAW, to.family === AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6);
  } catch (e) {
    return dieErrno("can't create raw socket", e);
  }
  const device = opt.get("i");
  if (device !== undefined) sys.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device);
  sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, waitMs);
  const shown = formatAddress(addr);
  const put = function* (text: string): Steps<void> {
    const w = p.stdout.puts(text);
    if (w) yield* w;
  };
  yield* put(`traceroute to ${host} (${shown}), ${hops} hops max, ${size} byte packets\n`);
  const packet = new Uint8Array(Math.max(8, size - (to.family === AF_INET ? 28 : 48)));
  packet[0] = to.family === AF_INET ? 8 : 128;
  const name = opt.has("n") ? undefined : ((yield* hostNames(sys, addr))[0] ?? shown);
  yield* put(` 1  ${name === undefined ? shown : `${name} (${shown})`}`);
  const now = (): number => {
    const { sec, nsec } = sys.clock_gettime(CLOCK_MONOTONIC);
    return sec * 1000 + nsec / 1e6;
  };
  for (let i = 0; i < probes; i++) {
    const start = now();
    try {
      yield* settle(sys.sendmsg(fd, packet, { to }));
      yield* settle(sys.recvmsg(fd, 65536, 0));
      yield* put(`  ${(now() - start).toFixed(3)} ms`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      if (e === EAGAIN || e === EINTR) {
        yield* put("  *");
        continue;
      }
      yield* put("\n");
      dieErrno("sendto", e);
    }
  }
  yield* put("\n");
  return 0;
}

const USAGE = `[-46FIlnrv] [-f 1ST_TTL] [-m MAXTTL] [-q PROBES] [-p PORT]
	[-t TOS] [-w WAIT_SEC] [-s SRC_IP] [-i IFACE]
	[-z PAUSE_MSEC] HOST [BYTES]

Show the hops on the way to HOST

	-4,-6	IPv4 or IPv6
	-n	Numbers, not names
	-m N	Hops at most (30)
	-q N	Probes for each (3)
	-i IFACE	Through this interface
	-w SEC	How long to wait for an answer (3)
`;

export const traceroute: Applet = {
  name: "traceroute",
  path: "/usr/bin/traceroute",
  usage: USAGE,
  main,
};
export const traceroute6: Applet = {
  name: "traceroute6",
  path: "/usr/bin/traceroute6",
  usage: USAGE,
  main,
};

// ping, ping6: echo requests (ping(8)). The machine's network has no raw sockets: it ends where the original does then.
import { EACCES, EPERM, Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import {
  AF_INET,
  AF_INET6,
  IPPROTO_ICMP,
  IPPROTO_ICMPV6,
  SOCK_DGRAM,
  SOCK_RAW,
} from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const six = p.progname === "ping6";
  const opt = getopt(p, "qvAc:s:t:w:W:I:np:i:46", { min: 1, max: 1 });
  const family = six || opt.has("6") ? AF_INET6 : opt.has("4") ? AF_INET : 0;
  const host = opt.operands[0] as string;
  const addr = (yield* resolveHost(p.sys, host, family))[0] ?? die(`bad address '${host}'`);
  const [domain, protocol] =
    addr.length === 4 ? [AF_INET, IPPROTO_ICMP] : [AF_INET6, IPPROTO_ICMPV6];
  try {
    p.sys.close(p.sys.socket(domain, SOCK_DGRAM, protocol));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    try {
      p.sys.close(p.sys.socket(domain, SOCK_RAW, protocol));
    } catch (raw) {
      if (raw === EPERM || raw === EACCES) die("permission denied (are you root?)");
      dieErrno("can't create raw socket", raw);
    }
  }
  throw new Error("bug: an ICMP socket, and nobody to use it");
}

const USAGE = `[OPTIONS] HOST

Send echo requests to HOST

	-4,-6	IPv4 or IPv6
	-c CNT	How many
	-s SIZE	Bytes of data in each (56)
	-i SECS	Pause between them
	-A	The next one as soon as the answer is there
	-t TTL	Time to live
	-I IFACE/IP	Through this interface
	-W SEC	How long to wait for the first answer (10)
	-w SEC	How long at most
	-q	Only the summary
	-p HEXBYTE	Fill with this byte
`;

export const ping: Applet = { name: "ping", path: "/bin/ping", usage: USAGE, main };
export const ping6: Applet = { name: "ping6", path: "/bin/ping6", usage: USAGE, main };

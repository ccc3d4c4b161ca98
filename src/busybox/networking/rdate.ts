// rdate: the time of another host (RFC 868)
import { Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { CLOCK_REALTIME } from "../../abi/resource.ts";
import {
  SO_RCVTIMEO,
  SO_SNDTIMEO,
  SOCK_CLOEXEC,
  SOCK_STREAM,
  SOL_SOCKET,
} from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const TIME_PORT = 37;
const TIMEOUT_MS = 10_000;
/** Seconds between 1900 and 1970. */
const EPOCH = 2208988800;

function* ask(p: Process, host: string): Steps<number> {
  const { sys } = p;
  const addr = (yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`);
  const to = sockAddr(addr, TIME_PORT);
  const fd = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sys.setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, TIMEOUT_MS);
  sys.setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, TIMEOUT_MS);
  try {
    yield* settle(sys.connect(fd, to));
  } catch (e) {
    dieErrno(`can't connect to remote host (${formatAddress(addr)})`, e);
  }
  let bytes: Uint8Array;
  try {
    bytes = yield* readAll(sys, fd, 64);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return die(`timeout connecting to time server`);
  }
  if (bytes.length < 4) die("short read from remote");
  const told = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  // Times before 1970 are those after 2036.
  return told >= EPOCH ? told - EPOCH : told + 2 ** 32 - EPOCH;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "sp", { min: 1, max: 1 });
  const sec = yield* ask(p, opt.operands[0] as string);
  if (!opt.has("p")) {
    const now = p.sys.clock_gettime(CLOCK_REALTIME);
    if (now.sec === sec) yield* p.warnx("current time matches remote time");
    else {
      try {
        p.sys.clock_settime(CLOCK_REALTIME, { sec, nsec: 0 });
      } catch (e) {
        dieErrno("can't set time of day", e);
      }
    }
  }
  if (!opt.has("s")) {
    const d = new Date(sec * 1000).toUTCString();
    const [, day = "", month = "", year = "", time = ""] = d.split(" ");
    const week = d.slice(0, 3);
    const w = p.stdout.puts(`${week} ${month} ${day.replace(/^0/, " ")} ${time} ${year}\n`);
    if (w) yield* w;
  }
  return 0;
}

export const rdate: Applet = {
  name: "rdate",
  path: "/usr/sbin/rdate",
  usage: `[-s/-p] HOST

Set and show the time of HOST, by RFC 868

	-s	Only set it
	-p	Only show it
`,
  main,
};

// nbd-client: a block device of another machine (NetworkBlockDevice/nbd's doc/proto.md, the old handshake)
import { Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { SOCK_CLOEXEC, SOCK_STREAM } from "../../abi/socket.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, sockAddr } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { resolveHost } from "../../libc/resolv.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";
import { xatouRange } from "../libbb/numbers.ts";

const PORT = 10809;
const BLOCK = 4096;
const NBD_SET_SOCK = 0xab00;
const NBD_SET_BLKSIZE = 0xab01;
const NBD_DO_IT = 0xab03;
const NBD_CLEAR_SOCK = 0xab04;
const NBD_CLEAR_QUE = 0xab05;
const NBD_SET_SIZE_BLOCKS = 0xab07;
const NBD_DISCONNECT = 0xab08;
/** "NBDMAGIC", the number of the old handshake, and the size. */
const GREETING = 152;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "d:b:N:", { max: 3 });
  const { sys } = p;
  const device = opt.get("d");
  if (device !== undefined) {
    const fd = yield* openDevice(p, device, O_RDWR);
    for (const request of [NBD_DISCONNECT, NBD_CLEAR_QUE, NBD_CLEAR_SOCK]) {
      try {
        yield* settle(sys.ioctl(fd, request));
      } catch (e) {
        // As in the original, nobody is told.
        if (!(e instanceof Errno)) throw e;
      }
    }
    return 0;
  }
  const words = opt.operands;
  if (words.length < 2) p.usageError();
  const fd = yield* openDevice(p, words.at(-1) as string, O_RDWR);
  const port = words.length === 3 ? xatouRange(words[1] as string, 0, 65535) : PORT;
  const host = words[0] as string;
  const addr = (yield* resolveHost(sys, host))[0] ?? die(`bad address '${host}'`);
  const to = sockAddr(addr, port);
  const socket = sys.socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  try {
    yield* settle(sys.connect(socket, to));
  } catch (e) {
    dieErrno(`can't connect to remote host (${formatAddress(addr)})`, e);
  }
  const greeting = yield* readAll(sys, socket, GREETING);
  if (greeting.length < GREETING || strOf(greeting, 0, 8) !== "NBDMAGIC") die("login failed");
  const size = new DataView(greeting.buffer, greeting.byteOffset).getBigUint64(16);
  yield* xioctl(p, fd, NBD_SET_BLKSIZE, BLOCK);
  yield* xioctl(p, fd, NBD_SET_SIZE_BLOCKS, Number(size / BigInt(BLOCK)));
  yield* xioctl(p, fd, NBD_CLEAR_SOCK);
  yield* xioctl(p, fd, NBD_SET_SOCK, socket);
  yield* xioctl(p, fd, NBD_DO_IT);
  return 0;
}

export const nbdClient: Applet = {
  name: "nbd-client",
  path: "/usr/sbin/nbd-client",
  usage: `{ HOST [PORT] BLOCKDEV | -d BLOCKDEV }

Let BLOCKDEV be a disk of HOST

	-d	End it
`,
  main,
};

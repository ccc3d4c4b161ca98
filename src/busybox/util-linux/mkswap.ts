// mkswap: prepare a swap area (mkswap(8), with BusyBox's option)
import { O_WRONLY } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { bytesOf } from "../../lib/bytes.ts";
import { wantedSize } from "../../libc/blkid.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { open, writeAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

const PAGE = 4096;
/** The kernel takes nothing smaller. */
const MIN_BYTES = 4 * PAGE;

/** A random UUID (RFC 4122, version 4). */
function randomUuid(p: Process): Uint8Array {
  const id = p.sys.getrandom(16).slice();
  id[6] = ((id[6] as number) & 0x0f) | 0x40;
  id[8] = ((id[8] as number) & 0x3f) | 0x80;
  return id;
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "L:", { min: 1, max: 2 });
  const [device = "", kib] = opt.operands;
  let fd: number;
  try {
    fd = yield* settle(open(sys, device, O_WRONLY));
  } catch (e) {
    return dieErrno(`can't open '${device}'`, e);
  }
  const asked = kib === undefined ? undefined : xatou(kib) * 1024;
  const size = yield* wantedSize(sys, fd, asked);
  if (size < MIN_BYTES) die("image is too small");
  const id = randomUuid(p);
  const header = new Uint8Array(PAGE);
  const view = new DataView(header.buffer);
  view.setUint32(1024, 1, true);
  view.setUint32(1028, Math.min(0xffffffff, Math.floor(size / PAGE) - 1), true);
  header.set(id, 1036);
  header.set(bytesOf((opt.get("L") ?? "").slice(0, 15)), 1052);
  header.set(bytesOf("SWAPSPACE2"), PAGE - 10);
  const hex = Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  const w = p.stdout.puts(
    `Setting up swapspace version 1, size = ${size - PAGE} bytes\nUUID=${uuid}\n`,
  );
  if (w) yield* w;
  yield* writeAll(sys, fd, header);
  yield* settle(sys.fsync(fd));
  return 0;
}

export const mkswap: Applet = {
  name: "mkswap",
  path: "/sbin/mkswap",
  usage: `[-L LBL] BLOCKDEV [KBYTES]

Make a swap area of BLOCKDEV

	-L LBL	Label
`,
  main,
};

// chvt, deallocvt, openvt: virtual terminals (ioctl_vt(2)). Without a display the kernel has none.
import { Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { execOrDie, exitStatus, waitpid } from "../../libc/spawn.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { consoleOrDie, openDevice, xioctl } from "../libbb/device.ts";
import { xatouRange } from "../libbb/numbers.ts";

const VT_OPENQRY = 0x5600;
const VT_GETSTATE = 0x5603;
const VT_ACTIVATE = 0x5606;
const VT_WAITACTIVE = 0x5607;
const VT_DISALLOCATE = 0x5608;
const VT_MAX = 63;

function* activate(p: Process, fd: number, vt: number): Steps<void> {
  yield* xioctl(p, fd, VT_ACTIVATE, vt);
  yield* xioctl(p, fd, VT_WAITACTIVE, vt);
}

function* chvtMain(p: Process): Steps<number> {
  const opt = getopt(p, "", { min: 1, max: 1 });
  const vt = xatouRange(opt.operands[0] as string, 1, VT_MAX);
  yield* activate(p, yield* consoleOrDie(p), vt);
  return 0;
}

export const chvt: Applet = {
  name: "chvt",
  path: "/usr/bin/chvt",
  usage: "N\n\nBring virtual terminal /dev/ttyN to the front\n",
  main: chvtMain,
};

function* deallocvtMain(p: Process): Steps<number> {
  const [, word, ...more] = p.argv;
  if (more.length > 0) p.usageError();
  // 0 stands for all that are not in use.
  const vt = word === undefined ? 0 : xatouRange(word, 1, VT_MAX);
  yield* xioctl(p, yield* consoleOrDie(p), VT_DISALLOCATE, vt);
  return 0;
}

export const deallocvt: Applet = {
  name: "deallocvt",
  path: "/usr/bin/deallocvt",
  usage: "[N]\n\nFree virtual terminal /dev/ttyN, or all that are not in use\n",
  main: deallocvtMain,
};

/** The number of a terminal that nobody has open. */
function* freeTerminal(p: Process): Steps<number> {
  try {
    const fd = yield* settle(open(p.sys, "/dev/console", O_RDWR));
    const vt = Number(yield* settle(p.sys.ioctl(fd, VT_OPENQRY)));
    p.sys.close(fd);
    if (vt > 0) return vt;
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return die("can't find open VT");
}

function* openvtMain(p: Process): Steps<number> {
  const opt = getopt(p, "+c:sw");
  const { sys } = p;
  const vt = opt.has("c") ? xatouRange(opt.get("c") as string, 1, VT_MAX) : yield* freeTerminal(p);
  const fd = yield* openDevice(p, `/dev/tty${vt}`, O_RDWR);
  let before = 0;
  if (opt.has("s") || opt.has("w"))
    before = ((yield* xioctl(p, fd, VT_GETSTATE)) as { active: number }).active;
  if (opt.has("s")) yield* activate(p, fd, vt);
  const program = opt.operands.length > 0 ? opt.operands : [p.env.get("SHELL") || "/bin/sh"];
  const child = sys.fork(function* (own) {
    own.setsid();
    for (const std of [0, 1, 2]) own.dup2(fd, std);
    own.close(fd);
    return yield* execOrDie(p, program, own);
  });
  if (!opt.has("w")) return 0;
  const status = exitStatus(yield* waitpid(sys, child));
  if (opt.has("s")) yield* activate(p, fd, before);
  yield* xioctl(p, fd, VT_DISALLOCATE, vt);
  return status;
}

export const openvt: Applet = {
  name: "openvt",
  path: "/usr/bin/openvt",
  usage: `[-c N] [-sw] [PROG ARGS]

Run PROG (default: a shell) on a virtual terminal that is not in use

	-c N	Use this one
	-s	Bring it to the front
	-w	Wait until PROG has ended
`,
  main: openvtMain,
};

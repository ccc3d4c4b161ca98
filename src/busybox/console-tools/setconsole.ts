// setconsole, setlogcons: where messages for the console go (ioctl_tty(2), ioctl_console(2))
import { O_WRONLY } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { openDevice, xioctl } from "../libbb/device.ts";
import { xatouRange } from "../libbb/numbers.ts";

const TIOCLINUX = 0x541c;
const TIOCL_SETKMSGREDIRECT = 11;
const TIOCCONS = 0x541d;

function* setconsoleMain(p: Process): Steps<number> {
  const opt = getopt(p, "r", { long: { reset: "r" }, max: 1 });
  const device = opt.operands[0] ?? (opt.has("r") ? "/dev/console" : "/dev/tty");
  yield* xioctl(p, yield* openDevice(p, device, O_WRONLY), TIOCCONS);
  return 0;
}

export const setconsole: Applet = {
  name: "setconsole",
  path: "/sbin/setconsole",
  usage: `[-r] [DEVICE]

Let DEVICE (/dev/tty) show what is written to /dev/console

	-r	As it was at first
`,
  main: setconsoleMain,
};

function* setlogconsMain(p: Process): Steps<number> {
  const [, word = "0"] = p.argv;
  const vt = xatouRange(word, 0, 63);
  const fd = yield* openDevice(p, `/dev/tty${vt}`, O_WRONLY);
  yield* xioctl(p, fd, TIOCLINUX, Uint8Array.of(TIOCL_SETKMSGREDIRECT, vt));
  return 0;
}

export const setlogcons: Applet = {
  name: "setlogcons",
  path: "/usr/sbin/setlogcons",
  usage:
    "[N]\n\nShow messages of the kernel on virtual terminal N; 0, the default: on the one in front\n",
  main: setlogconsMain,
};

// hwclock: the clock that runs while the machine is off (hwclock(8)). A machine here has none: the host keeps time.
import { Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const DEVICES = ["/dev/rtc", "/dev/rtc0", "/dev/misc/rtc"];

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "lurswtf:v", {
    long: {
      localtime: "l",
      utc: "u",
      show: "r",
      hctosys: "s",
      systohc: "w",
      systz: "t",
      rtc: "f:",
    },
    exclusive: ["rswt"],
  });
  // The kernel's own zone is UTC, and stays so.
  if (opt.has("t")) return 0;
  const given = opt.get("f");
  const devices = given === undefined ? DEVICES : [given];
  let why = "";
  for (const device of devices) {
    try {
      p.sys.close(yield* settle(open(p.sys, device)));
      die(`${device}: not a clock`);
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      why = `can't open '${device}': ${strerror(e)}`;
    }
  }
  return die(why);
}

export const hwclock: Applet = {
  name: "hwclock",
  path: "/sbin/hwclock",
  usage: `[-swul] [--systz] [-f DEVICE]

Show or set the clock in hardware

	-s	Set the system's time by it
	-w	Set it by the system's time
	--systz	Set the kernel's time zone
	-f DEVICE	This one
	-u	It runs in UTC
	-l	It runs in local time
`,
  main,
};

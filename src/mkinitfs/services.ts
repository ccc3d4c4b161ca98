// Services that a system in memory starts with when nobody has configured it yet.
import { Errno } from "../abi/errno.ts";
import { symlink } from "../libc/unistd.ts";
import { type Early, SYSROOT } from "./early.ts";

const DEFAULT: Readonly<Record<string, readonly string[]>> = {
  sysinit: ["devfs", "dmesg", "mdev", "hwdrivers"],
  boot: ["modules", "sysctl", "hostname", "bootmisc", "syslog"],
  default: ["firstboot"],
  shutdown: ["mount-ro", "killprocs", "savecache"],
};

/** Puts a service into a runlevel of the new root. */
export function addService(early: Early, service: string, runlevel: string): void {
  const dir = `${SYSROOT}/etc/runlevels/${runlevel}`;
  early.mkdirs(dir);
  try {
    symlink(early.sys, `/etc/init.d/${service}`, `${dir}/${service}`);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
}

/** All of them; with `modloop` also the one that mounts the kernel's modules from the medium. */
export function addDefaultServices(early: Early, modloop: boolean): void {
  if (modloop) addService(early, "modloop", "sysinit");
  for (const [runlevel, services] of Object.entries(DEFAULT))
    for (const service of services) addService(early, service, runlevel);
}

/** A clock in hardware, or the time of the last shutdown. */
export function addClock(early: Early): void {
  addService(
    early,
    early.exists("/dev/rtc0") || early.exists("/dev/rtc") ? "hwclock" : "swclock",
    "boot",
  );
}

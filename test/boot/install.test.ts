// setup-alpine, answered through at the terminal, installs to a disk that boots; and with answers from a file.
import { beforeAll, expect, test } from "vitest";
import { MemoryDisk } from "../../src/kernel/block/device.ts";
import { buildIfStale } from "../support/build.ts";
import { CMDLINE, login, powerOn } from "../support/computer.ts";

beforeAll(buildIfStale, 120_000);

const DISK = 512 * 1024 * 1024;
const PASSWORD = "Not-so-secret-7";

/** Questions in their order, and what is answered. */
const TALK: [question: RegExp, answer: string][] = [
  [/Enter system hostname .*\[localhost\] $/, "mountain"],
  [/manual network configuration\? \(y\/n\) \[n\] $/, ""],
  [/DNS domain name\?.*$/, ""],
  [/DNS nameserver\(s\)\?.*$/, ""],
  [/New password: $/, PASSWORD],
  [/Retype password: $/, PASSWORD],
  [/Which timezone are you in\? .*\[UTC\] $/, "Europe/Berlin"],
  [/proxy URL\? .*\[none\] $/, ""],
  [/Which NTP client to run\? .*\[busybox\] $/, "none"],
  [/Enter mirror number or URL: \[1\] $/, "skip"],
  [/Setup a user\? .*\[no\] $/, ""],
  [/Which ssh server\? .*\[openssh\] $/, "none"],
  [/Which disk\(s\) would you like to use\? .*\[none\] $/, "vda"],
  [/How would you like to use it\? .*\[\?\] $/, "sys"],
  [/Erase the above disk\(s\) and continue\? \(y\/n\) \[n\] $/, "y"],
];

test("a sys install boots from its disk with the name, the password and the services that were chosen", async () => {
  const disk = new MemoryDisk(DISK);
  const [first, port] = powerOn({ disks: [{ device: disk }] });
  await login(port);
  port.type("setup-alpine\n");
  for (const [question, answer] of TALK) {
    await port.expect(question, 30_000);
    port.type(`${answer}\n`);
  }
  await port.expect(/Installation is complete. Please reboot.\n/, 30_000);
  port.type("reboot\n");
  expect((await first.machine.halted).how).toBe("restart");

  const [second, again] = powerOn({ disks: [{ device: disk }] });
  await again.expect(/mountain login: $/, 30_000);
  again.type("root\n");
  await again.expect(/Password: $/);
  again.type(`${PASSWORD}\n`);
  await again.expect(/mountain:~# $/);
  const seen = await again.run(
    "awk '$2 == \"/\" { print $3 }' /proc/mounts | tail -n 1; rc-service crond status >/dev/null; echo $?; date +%Z; " +
      "grep -c UUID /etc/fstab; apk info -e e2fsprogs; lsblk 2>/dev/null | grep -c vda",
  );
  expect(seen.split("\n").slice(0, 4)).toEqual(["ext4", "0", "CET", "3"]);
  again.type("poweroff\n");
  expect((await second.machine.halted).how).toBe("poweroff");
}, 120_000);

const ANSWERS = `KEYMAPOPTS=none
HOSTNAMEOPTS=valley
DEVDOPTS=mdev
INTERFACESOPTS="auto lo
iface lo inet loopback
"
DNSOPTS="-d example.org 10.0.2.3"
TIMEZONEOPTS=none
PROXYOPTS=none
APKREPOSOPTS=/media/bivy/apks
USEROPTS=none
SSHDOPTS=none
NTPOPTS=none
DISKOPTS="-m sys /dev/vda"
`;

test("with an answer file nothing is asked", async () => {
  const disk = new MemoryDisk(DISK);
  const [first, port] = powerOn({ disks: [{ device: disk }], cmdline: `${CMDLINE} quiet` });
  await login(port);
  await port.run(`cat >/tmp/answers <<'END'\n${ANSWERS}END`);
  port.type("ERASE_DISKS=/dev/vda setup-alpine -e -f /tmp/answers; echo status $?\n");
  const said = await port.expect(/\nstatus \d+\n/, 60_000);
  expect(said).not.toMatch(/\? .*\] $/m);
  expect(said.trim().split("\n").at(-1)).toBe("status 0");
  port.type("reboot\n");
  await first.machine.halted;
  const [second, again] = powerOn({ disks: [{ device: disk }] });
  await login(again, "valley");
  expect(await again.run("cat /etc/resolv.conf")).toBe("search example.org\nnameserver 10.0.2.3");
  second.machine.close();
}, 120_000);

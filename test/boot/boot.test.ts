// A whole machine: from power on to a login, and off again.
import { beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";
import { CMDLINE, login, powerOn } from "../support/computer.ts";

beforeAll(buildIfStale, 120_000);

test("kernel log, OpenRC, login without a password, poweroff", async () => {
  const [computer, port] = powerOn();
  await login(port);
  expect(port.text).toMatch(/^\[ {4}0\.\d{6}\] Linux version /);
  expect(port.text).toContain("Welcome to Alpine Linux 3.20");
  const outputs = [
    await port.run("cat /etc/apk/world; apk info -e alpine-base busybox"),
    await port.run(
      "rc-service syslog status >/dev/null; echo $?; ls /etc/runlevels/boot | head -2",
    ),
    await port.run("ps -o pid,args | grep -v -e ps -e grep | sed -n 's/^ *1 //p'; tty; id -un"),
  ];
  expect(outputs).toEqual([
    "alpine-base\nbivy-base\nbivy-busybox",
    "0\nbootmisc\nhostname",
    "/sbin/init\n/dev/ttyS0\nroot",
  ]);
  port.type("poweroff\n");
  await port.expect(/Requesting system poweroff/);
  expect((await computer.machine.halted).how).toBe("poweroff");
}, 30_000);

test("reboot, and a shell instead of services", async () => {
  const [first, port] = powerOn({ cmdline: `${CMDLINE} quiet` });
  await login(port);
  expect(port.text).not.toMatch(/Alpine Init|Linux version/);
  port.type("reboot\n");
  expect((await first.machine.halted).how).toBe("restart");
  const [second, again] = powerOn({ cmdline: `${CMDLINE} single` });
  await again.expect(/Entering single mode/);
  await again.expect(/# $/);
  expect(await again.run("ls /sysroot/sbin/init")).toBe("/sysroot/sbin/init");
  second.machine.close();
}, 30_000);

test("init's signals: Ctrl-Alt-Del reboots, what ends is started again", async () => {
  const [computer, port] = powerOn();
  await login(port);
  port.type("exit\n");
  await login(port);
  computer.ctrlAltDel();
  expect((await computer.machine.halted).how).toBe("restart");
}, 30_000);

test("a medium without packages ends in a shell, not in a crash", async () => {
  const [computer, port] = powerOn({ mounts: [] });
  await port.expect(/recovery shell launched/);
  await port.expect(/# $/);
  port.type("poweroff -f\n");
  expect((await computer.machine.halted).how).toBe("poweroff");
}, 30_000);

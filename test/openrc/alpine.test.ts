// The services of Alpine's runlevels, ours, from sysinit to shutdown; and openrc-init as the first process.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { FixedHost, Machine, nodeHost } from "../../src/index.ts";
import { bootOpenrc, installTree, outcome, RUNLEVELS } from "./machine.ts";

const APORTS = fileURLToPath(new URL("../../aports/", import.meta.url));
const LEVELS: Readonly<Record<string, string>> = {
  sysinit: "devfs dmesg mdev hwdrivers",
  boot: "modules sysctl hostname bootmisc syslog networking seedrng swap loadkmap swclock machine-id",
  default: "crond firstboot local netmount",
  shutdown: "killprocs mount-ro savecache",
};

function alpine(): Machine {
  const machine = bootOpenrc({ keep: true });
  installTree(machine, `${APORTS}bivy-busybox-openrc/root`);
  for (const [level, services] of Object.entries(LEVELS))
    for (const service of services.split(" "))
      machine.fs.symlinkSync(`/etc/init.d/${service}`, `/etc/runlevels/${level}/${service}`);
  machine.fs.writeFileSync(
    "/etc/network/interfaces",
    "auto lo\niface lo inet loopback\n\nauto eth9\niface eth9 inet manual\n",
  );
  return machine;
}

test("from sysinit to shutdown", { timeout: 60_000 }, async () => {
  const machine = alpine();
  machine.fs.writeFileSync("/etc/hostname", "alp\n");
  machine.fs.writeFileSync("/etc/local.d/a.start", "#!/bin/sh\necho local >/tmp/local\n");
  machine.fs.chmodSync("/etc/local.d/a.start", 0o755);
  await machine.exec("ip addr flush dev lo; ip link set lo down");
  const said = await outcome(machine, "openrc sysinit; openrc boot; openrc default");
  expect(said).toContain("OpenRC 0.54 is starting up Linux ");
  expect(said).not.toContain("ERROR");
  const states = await outcome(machine, "rc-status -f ini sysinit boot default; rc-status -c");
  expect(states.replace(/^.* = {2}started $\n/gm, "")).toBe("[sysinit]\n[boot]\n[default]\n=> 1\n");
  expect(
    await outcome(
      machine,
      "hostname; cat /tmp/local; wc -c </etc/machine-id; ls /etc/runlevels/default; ls -d /var/run /var/lock /run/utmp; logger hello; sleep 1; grep -c hello /var/log/messages; cat /run/ifstate",
    ),
  ).toBe(
    "alp\nlocal\n33\ncrond\nlocal\nnetmount\n/run/utmp\n/var/lock\n/var/run\n1\nlo=lo\neth9=eth9\n",
  );
  const end = await outcome(machine, "openrc shutdown; rc-status -f ini default");
  machine.close();
  expect(end).not.toContain("!!");
  expect(end).toContain(" * Remounting remaining filesystems read-only");
});

test("openrc-init brings the system up, obeys its pipe, and takes it down", async () => {
  const machine = Machine.boot({ host: new FixedHost(nodeHost(), { seed: 7 }) });
  installTree(machine, `${APORTS}bivy-openrc/root`);
  for (const level of RUNLEVELS)
    machine.fs.mkdirSync(`/etc/runlevels/${level}`, { recursive: true });
  for (const name of machine.fs.readdirSync("/etc/init.d"))
    machine.fs.rmSync(`/etc/init.d/${name}`);
  machine.fs.writeFileSync(
    "/etc/init.d/s",
    "#!/sbin/openrc-run\nstart() { echo +s; }\nstop() { echo -s; }\n",
  );
  machine.fs.chmodSync("/etc/init.d/s", 0o755);
  machine.fs.symlinkSync("/etc/init.d/s", "/etc/runlevels/default/s");
  let text = "";
  const port = {
    write(bytes: Uint8Array): boolean {
      text += String.fromCharCode(...bytes);
      if (text.includes("+s")) void ask();
      return true;
    },
  };
  let asked = false;
  const ask = async (): Promise<void> => {
    if (asked) return;
    asked = true;
    await machine.exec("sleep 1; openrc-shutdown -p now");
  };
  const size = { rows: 24, cols: 80, xpixel: 0, ypixel: 0 };
  machine.spawn(["/sbin/openrc-init"], { init: true, tty: { port, size }, env: { TERM: "dumb" } });
  const { how } = await machine.halted;
  expect(how).toBe("poweroff");
  const lines = text
    .replaceAll("\r", "")
    .replace(/is starting up .*/, "is starting up …")
    .split("\n");
  expect(lines).toEqual([
    "OpenRC init version 0.54 starting",
    "Starting sysinit runlevel",
    "",
    "   OpenRC 0.54 is starting up …",
    "",
    " * /proc is already mounted",
    " * Mounting /run ... [ ok ]",
    " * /run/openrc: creating directory",
    " * /run/lock: creating directory",
    " * /run/lock: correcting owner",
    " * Caching service dependencies ... [ ok ]",
    "Starting boot runlevel",
    "Starting default runlevel",
    "+s",
    'PID1: Received "poweroff" from FIFO...',
    "Starting shutdown runlevel",
    "-s",
    "Sending the final term signal",
    "Sending the final kill signal",
    "",
  ]);
});

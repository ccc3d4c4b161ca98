// A machine is set up: by hand to a disk, by an answer file, and as one that lives in memory and saves its settings.
import { beforeAll, expect, test } from "vitest";
import { NodeHost } from "../../src/host/node/host.ts";
import { loadImage } from "../../src/host/node/image.ts";
import { MemoryDisk } from "../../src/kernel/block/device.ts";
import { Computer } from "../../src/machine/computer.ts";
import { basePrograms } from "../../src/machine/programs.ts";
import { repositoryMount } from "../../src/machine/repository.ts";
import { buildIfStale } from "../support/build.ts";
import { ScriptedConsole } from "../support/scripted-console.ts";

beforeAll(buildIfStale, 120_000);

function dist(name: string): string {
  return new URL(`../../dist/${name}`, import.meta.url).pathname;
}

function powerOn(disk: MemoryDisk): [Computer, ScriptedConsole] {
  const port = new ScriptedConsole();
  const computer = new Computer({
    host: new NodeHost(),
    image: loadImage(dist("initramfs.img")),
    programs: basePrograms(),
    cmdline: "modules=loop,squashfs,sd-mod,usb-storage console=ttyS0",
    console: port,
    disks: [{ device: disk }],
    mounts: [repositoryMount(() => loadImage(dist("repository.img")))],
    networkConfigured: false,
    size: { rows: 50, cols: 500, xpixel: 0, ypixel: 0 },
  });
  port.connect(computer.console);
  return [computer, port];
}

async function login(port: ScriptedConsole, name: string, password = ""): Promise<void> {
  await port.expect(new RegExp(`${name} login: $`), 60_000);
  port.type("root\n");
  if (password !== "") {
    await port.expect(/Password: $/);
    port.type(`${password}\n`);
  }
  await port.expect(new RegExp(`${name}:~# $`));
}

async function off(computer: Computer, port: ScriptedConsole): Promise<void> {
  port.type("poweroff\n");
  expect((await computer.machine.halted).how).toBe("poweroff");
}

/** Questions in their order, each with what is typed. */
async function answer(port: ScriptedConsole, talk: readonly [RegExp, string][]): Promise<void> {
  for (const [question, text] of talk) {
    await port.expect(question, 60_000);
    port.type(`${text}\n`);
  }
}

test("setup-alpine, answered by hand, installs to a disk that boots", async () => {
  const disk = new MemoryDisk(1 << 30);
  const [computer, port] = powerOn(disk);
  await login(port, "localhost");
  port.type("setup-alpine\n");
  await answer(port, [
    [
      /ALPINE LINUX INSTALL\n-{22}\n[\s\S]*Hostname\n-{10}\nEnter system hostname [^\n]* \[localhost\] $/,
      "bad_name",
    ],
    [/must only contain letters[\s\S]*Enter system hostname [^\n]* \[localhost\] $/, "wendolene"],
    [/manual network configuration\? \(y\/n\) \[n\] $/, ""],
    [/DNS domain name\? \(e\.g 'bar\.com'\) $/, "wool.example"],
    [/DNS nameserver\(s\)\? $/, "192.0.2.1"],
    [/Root Password\n-{15}\n[\s\S]*[Nn]ew password: $/, "sheep"],
    [/Retype password: $/, "sheep"],
    [/Which timezone are you in\? \(or '\?' or 'none'\) \[UTC\] $/, "Europe"],
    [/What sub-timezone of 'Europe' are you in\? \(or '\?'\) $/, "London"],
    [/HTTP\/FTP proxy URL\? \(e\.g\. 'http:\/\/proxy:8080', or 'none'\) \[none\] $/, ""],
    [
      /Which NTP client to run\? \('busybox', 'openntpd', 'chrony' or 'none'\) \[busybox\] $/,
      "none",
    ],
    [/Enter mirror number or URL: \[1\] $/, "/media/bivy/apks"],
    [/Setup a user\? \(enter a lower-case loginname, or 'no'\) \[no\] $/, "gromit"],
    [/Full name for user gromit \[gromit\] $/, "Gromit Dog"],
    [/[Nn]ew password: $/, "cheese"],
    [/Retype password: $/, "cheese"],
    [/Enter ssh key or URL for gromit \(or 'none'\) \[none\] $/, ""],
    [/Which ssh server\? \('openssh', 'dropbear' or 'none'\) \[openssh\] $/, "none"],
    [
      /vda\t\(1\.1 GB [^\n]*\)\n\nWhich disk\(s\) would you like to use\? \(or '\?' for help or 'none'\) \[none\] $/,
      "vda",
    ],
    [
      /How would you like to use it\? \('sys', 'data', 'crypt', 'lvm' or '\?' for help\) \[\?\] $/,
      "sys",
    ],
    [/WARNING: Erase the above disk\(s\) and continue\? \(y\/n\) \[n\] $/, "y"],
  ]);
  await port.expect(/Installation is complete\. Please reboot\.\n[\s\S]*# $/, 60_000);
  port.type("reboot\n");
  expect((await computer.machine.halted).how).toBe("restart");

  const [second, again] = powerOn(disk);
  await login(again, "wendolene", "sheep");
  const outputs = [
    await again.run('awk \'$2 == "/" || $2 == "/boot" { print $1, $3 }\' /proc/mounts'),
    await again.run("id -Gn gromit; grep gromit /etc/passwd"),
    await again.run("cat /etc/resolv.conf; readlink /etc/localtime; grep 127 /etc/hosts"),
    await again.run("grep -c . /proc/swaps; cut -f 2-4 /etc/fstab | head -3; rc-update | wc -l"),
  ];
  expect(outputs).toEqual([
    "/dev/vda3 ext4\n/dev/vda1 ext4",
    "gromit wheel audio input video netdev\ngromit:x:1000:1000:Gromit Dog:/home/gromit:/bin/sh",
    "search wool.example\nnameserver 192.0.2.1\n/etc/zoneinfo/Europe/London\n" +
      "127.0.0.1\twendolene.wool.example wendolene localhost.localdomain localhost",
    expect.stringMatching(
      /^2\n\/\text4\trw,relatime\n\/boot\text4\trw,relatime\nnone\tswap\tdefaults\n/,
    ),
  ]);
  await off(second, again);
}, 180_000);

const ANSWERS = `KEYMAPOPTS=none HOSTNAMEOPTS=shaun DEVDOPTS=mdev DNSOPTS=192.0.2.1 TIMEZONEOPTS=none
INTERFACESOPTS="auto lo
iface lo inet loopback
"
PROXYOPTS=none NTPOPTS=none APKREPOSOPTS=/media/bivy/apks USEROPTS=none SSHDOPTS=none
DISKOPTS="-m sys -s 0 /dev/vda"`;

test("an answer file leaves no question", async () => {
  const disk = new MemoryDisk(1 << 30);
  const [computer, port] = powerOn(disk);
  await login(port, "localhost");
  await port.run(`cat >answers <<'END'\n${ANSWERS}\nEND`);
  port.type("ERASE_DISKS=/dev/vda setup-alpine -e -f answers; echo status $?\n");
  expect(await port.expect(/\nstatus \d+\n[\s\S]*# $/, 60_000)).toMatch(
    /Installation is complete\. Please reboot\.\nstatus 0\n/,
  );
  await off(computer, port);
  const [second, again] = powerOn(disk);
  await login(again, "shaun");
  expect(await again.run("grep -c vda /proc/mounts")).toBe("2");
  await off(second, again);
}, 180_000);

test("a system in memory comes back from what lbu has saved", async () => {
  const disk = new MemoryDisk(200 << 20);
  const [computer, port] = powerOn(disk);
  await login(port, "localhost");
  const first = [
    await port.run("apk add -q e2fsprogs >/dev/null; mkfs.ext4 -q -L APKOVL /dev/vda; echo $?"),
    await port.run(
      "setup-hostname timmy; hostname timmy; setup-lbu LABEL=APKOVL; tail -1 /etc/fstab",
    ),
    await port.run(
      "adduser -D -g Bitzer bitzer; rc-update add ntpd >/dev/null; echo mine >/etc/mine",
    ),
    await port.run("lbu ci -d; echo $?; mount -o ro /dev/vda /mnt; ls /mnt; umount /mnt"),
  ];
  expect(first).toEqual([
    "0",
    "LABEL=APKOVL\t/media/LABEL=APKOVL\text4\tnoauto,ro 0 0",
    "",
    expect.stringMatching(/^0\n[\s\S]*timmy\.apkovl\.tar\.gz/),
  ]);
  await off(computer, port);
  const [second, again] = powerOn(disk);
  await login(again, "timmy");
  const later = [
    await again.run("cat /etc/mine; grep bitzer /etc/passwd; rc-update show default | tr -s ' '"),
    await again.run("apk info -e e2fsprogs bivy-e2fsprogs; lbu st"),
  ];
  expect(later).toEqual([
    expect.stringMatching(/^mine\nbitzer:x:1000:1000:Bitzer:\/home\/bitzer:\/bin\/sh\n[\s\S]*ntpd/),
    expect.stringMatching(/e2fsprogs/),
  ]);
  await off(second, again);
}, 180_000);

test("a disk for data only; what there is no package for", async () => {
  const [computer, port] = powerOn(new MemoryDisk(600 << 20));
  await login(port, "localhost");
  const outputs = [
    await port.run("ERASE_DISKS=/dev/vda setup-disk -q -L -m sys /dev/vda >/dev/null; echo $?"),
    await port.run("setup-disk -m sys /dev/vdb; echo $?"),
    await port.run("ERASE_DISKS=/dev/vda setup-disk -q -m data /dev/vda >/dev/null; echo $?"),
    await port.run(
      "awk '$2 == \"/var\" { print $1, $3 }' /proc/mounts; cut -f 2- /etc/fstab | tail -2",
    ),
    await port.run("ls -d /var/log/messages /var/lost+found; sed -n '2s/ .*//p' /proc/swaps"),
  ];
  expect(outputs).toEqual([
    expect.stringMatching(/lvm2 \(no such package\)[\s\S]*\n1$/),
    "/dev/vdb is not a block device suitable for partitioning\n1",
    expect.stringMatching(/(^|\n)0$/),
    "/dev/vda2 ext4\nnone\t\tswap\tdefaults 0 0\n/var\t\text4\tdefaults 1 2",
    expect.stringMatching(/\/var\/lost\+found\n[\s\S]*\/dev\/vda1/),
  ]);
  await off(computer, port);
}, 120_000);

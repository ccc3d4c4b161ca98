// The embedded system and its packages: what a person does with apk and abuild on a fresh machine without a network.
import { Machine } from "bivy";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";

beforeAll(buildIfStale, 120_000);

const machines: Machine[] = [];
afterAll(() => {
  for (const machine of machines) machine.close();
});

/** A machine that knows the embedded repository alone. */
function fresh(): Machine {
  const machine = Machine.boot();
  machines.push(machine);
  machine.fs.writeFileSync("/etc/apk/repositories", "/media/bivy/apks\n");
  return machine;
}

async function outcome(machine: Machine, script: string): Promise<string> {
  const { stdout, stderr, status } = await machine.exec(script);
  return `${stdout}${stderr}[${status}]`;
}

test("update, search, add, del, upgrade", async () => {
  const machine = fresh();
  const commands = [
    "apk update",
    "apk search -q openrc",
    "apk add bivy-openrc",
    "rc-status --list | sort | tr '\\n' ' '",
    "apk info -e openrc; apk info -W /sbin/openrc /bin/ls",
    "apk add bivy-nothing",
    "apk upgrade",
    "apk del bivy-openrc",
    "test -e /sbin/openrc; echo $?; apk info -W /bin/ls",
  ];
  const outcomes: string[] = [];
  for (const command of commands) outcomes.push(await outcome(machine, command));
  expect(outcomes.map((text) => text.replace(/\d+ distinct/, "N distinct"))).toEqual([
    "Bivy [/media/bivy/apks]\nOK: N distinct packages available\n[0]",
    "bivy-busybox-openrc\nbivy-openrc\n[0]",
    "(1/2) Installing bivy-openrc (0.54-r0)\n(2/2) Installing bivy-busybox-openrc (1.36.1-r0)\n" +
      "Executing bivy-busybox-1.36.1-r0.trigger\nOK: 0 MiB in 12 packages\n[0]",
    "boot default nonetwork shutdown sysinit [0]",
    "bivy-openrc\n/sbin/openrc is owned by bivy-openrc-0.54-r0\n" +
      "/bin/ls symlink target is owned by bivy-busybox-1.36.1-r0\n[0]",
    "ERROR: unable to select packages:\n  bivy-nothing (no such package):\n" +
      "    required by: world[bivy-nothing]\n[1]",
    "OK: 0 MiB in 12 packages\n[0]",
    "(1/2) Purging bivy-busybox-openrc (1.36.1-r0)\n(2/2) Purging bivy-openrc (0.54-r0)\n" +
      "Executing bivy-busybox-1.36.1-r0.trigger\nOK: 0 MiB in 10 packages\n[0]",
    "1\n/bin/ls symlink target is owned by bivy-busybox-1.36.1-r0\n[0]",
  ]);
});

test("audit tells what no package brought, and what was changed", async () => {
  const machine = fresh();
  // As in Alpine's own image: what the image's maker wrote, keys, and the root password, which is locked.
  const image =
    "A etc/apk/arch\nA etc/apk/keys/alpine-devel@lists.alpinelinux.org-60ac2099.rsa.pub\n" +
    "A etc/apk/keys/alpine-devel@lists.alpinelinux.org-616db30d.rsa.pub\nA etc/apk/keys/bivy\n" +
    "A etc/apk/repositories\nA etc/apk/world\n";
  const audit = "apk audit | sed 's|keys/bivy.*|keys/bivy|' | sort";
  const system = "apk audit --system --ignore-busybox-symlinks";
  expect(await outcome(machine, audit)).toBe(`${image}U etc/shadow\n[0]`);
  expect(await outcome(machine, system)).toBe("[0]");
  await machine.exec(
    "echo x >>/etc/motd; rm /etc/hosts; echo x >>/usr/share/udhcpc/default.script",
  );
  expect(await outcome(machine, audit)).toBe(`${image}U etc/motd\nU etc/shadow\n[0]`);
  expect(await outcome(machine, system)).toBe(
    "U usr/share/udhcpc/default.script\nX etc/hosts\n[0]",
  );
  expect(
    await outcome(machine, "apk fix bivy-busybox; apk audit --system --ignore-busybox-symlinks"),
  ).toBe(
    "(1/1) Reinstalling bivy-busybox (1.36.1-r0)\nExecuting bivy-busybox-1.36.1-r0.post-upgrade\n" +
      "Executing bivy-busybox-1.36.1-r0.trigger\nOK: 0 MiB in 10 packages\nX etc/hosts\n[0]",
  );
});

const RECIPE = `# Maintainer: A Person <person@example.org>
pkgname=hello
pkgver=1.2
pkgrel=3
pkgdesc="Says hello"
url="https://example.org"
arch="noarch"
license="MIT"
subpackages="$pkgname-doc"
install="$pkgname.post-install"
triggers="$pkgname.trigger=/usr/share/greetings"
options="!check"

package() {
	mkdir -p "$pkgdir"/usr/bin "$pkgdir"/usr/share/man/man1
	printf '#!/bin/sh\\necho hello\\n' > "$pkgdir"/usr/bin/hello
	chmod 755 "$pkgdir"/usr/bin/hello
	echo .TH hello > "$pkgdir"/usr/share/man/man1/hello.1
}
`;

test("abuild makes packages that apk installs: scripts, triggers, sub-packages", async () => {
  const machine = fresh();
  machine.fs.mkdirSync("/root/aports/own/hello", { recursive: true });
  const file = (name: string, text: string): void =>
    machine.fs.writeFileSync(`/root/aports/own/hello/${name}`, text);
  file("APKBUILD", RECIPE);
  file("hello.post-install", '#!/bin/sh\necho "installed $1"\n');
  file("hello.trigger", '#!/bin/sh\necho "triggered $*"\n');
  const built = await machine.exec(
    "apk add -q bivy-abuild && abuild-keygen -n -i -q -b 1024 -a 2>/dev/null && cd /root/aports/own/hello && " +
      "export SOURCE_DATE_EPOCH=1700000000 REPODEST=/root/packages && abuild -F -d -q && " +
      "cd /root/packages/own/riscv64 && ls && sha256sum hello-1.2-r3.apk >/tmp/sum && " +
      "rm *.apk && cd - >/dev/null && abuild -F -d -q && cd - >/dev/null && sha256sum -c /tmp/sum",
  );
  expect(`${built.stdout}[${built.status}]`).toBe(
    "APKINDEX.tar.gz\nhello-1.2-r3.apk\nhello-doc-1.2-r3.apk\nhello-1.2-r3.apk: OK\n[0]",
  );
  const add = await outcome(
    machine,
    "apk add -X /root/packages/own hello && hello && apk info -P hello && apk verify /root/packages/own/riscv64/hello-1.2-r3.apk",
  );
  expect(add).toBe(
    "(1/1) Installing hello (1.2-r3)\nExecuting hello-1.2-r3.post-install\ninstalled 1.2-r3\n" +
      "Executing bivy-busybox-1.36.1-r0.trigger\nOK: 0 MiB in 12 packages\nhello\nhello-1.2-r3 provides:\ncmd:hello=1.2-r3\n\n" +
      "/root/packages/own/riscv64/hello-1.2-r3.apk: 0 - OK\n[0]",
  );
});

test("a package whose signature nobody vouches for is refused, and nothing changes", async () => {
  const machine = fresh();
  const before = await outcome(machine, "cat /lib/apk/db/installed | sha256sum");
  const refused = await outcome(
    machine,
    "rm /etc/apk/keys/bivy*; apk add bivy-openrc 2>&1 | grep -o UNTRUSTED | head -1; " +
      "apk add /media/bivy/apks/riscv64/bivy-openrc-0.54-r0.apk; true",
  );
  expect(refused).toContain("UNTRUSTED");
  expect(await outcome(machine, "cat /lib/apk/db/installed | sha256sum")).toBe(before);
});

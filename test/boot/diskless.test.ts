// The diskless mode: a system in memory whose changes `lbu commit` saves, and that comes back with them.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostFolder } from "../../src/host/node/folder.ts";
import { buildIfStale } from "../support/build.ts";
import { CMDLINE, embeddedPackages, login, powerOn } from "../support/computer.ts";

beforeAll(buildIfStale, 120_000);
const folder = mkdtempSync(`${tmpdir()}/bivy-diskless-`);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The medium that is saved to. */
function media(): ReturnType<typeof embeddedPackages>[] {
  return [embeddedPackages(), { fileSystem: hostFolder(folder), target: "/media/usb" }];
}

async function off(port: { type(text: string): void }, halted: Promise<unknown>): Promise<void> {
  port.type("poweroff\n");
  await halted;
}

test("packages, users, services and files are there again after lbu commit and poweroff", async () => {
  const [first, port] = powerOn({ mounts: media() });
  await login(port);
  await port.run("setup-hostname -n mountain && hostname -F /etc/hostname");
  await port.run("adduser -D anna && echo hello >/home/anna/note && lbu include /home/anna");
  await port.run("echo '# mine' >>/etc/motd; rc-update -q add crond; apk add -q bivy-sfdisk");
  expect(await port.run("lbu commit -d usb; echo $?")).toBe("0");
  await off(port, first.machine.halted);
  expect(readdirSync(folder)).toEqual(["mountain.apkovl.tar.gz"]);

  const [second, again] = powerOn({ mounts: media() });
  await login(again, "mountain");
  const seen = await again.run(
    "hostname; id -un anna; cat /home/anna/note; tail -n 1 /etc/motd; rc-service crond status >/dev/null; echo $?; " +
      "apk info -e bivy-sfdisk; type sfdisk; lbu list | grep -c note",
  );
  expect(seen).toBe("mountain\nanna\nhello\n# mine\n0\nbivy-sfdisk\nsfdisk is /sbin/sfdisk\n1");
  await off(again, second.machine.halted);
}, 60_000);

test("a configuration that cannot be read leaves a system that can be used", async () => {
  const broken = mkdtempSync(`${tmpdir()}/bivy-broken-`);
  writeFileSync(`${broken}/host.apkovl.tar.gz`, "no archive");
  const mounts = [embeddedPackages(), { fileSystem: hostFolder(broken), target: "/media/usb" }];
  const [computer, port] = powerOn({ mounts, cmdline: CMDLINE });
  await login(port);
  expect(port.text).toContain("Loading user settings from /media/usb/host.apkovl.tar.gz: ");
  expect(port.text).toContain("failed.");
  await off(port, computer.machine.halted);
  rmSync(broken, { recursive: true });
}, 60_000);

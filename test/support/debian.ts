// Programs of Debian that some tests compare with or run in: installed where that can be, else named as missing.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Where a program is and the package it comes from. */
const PROGRAMS = [
  { path: "/usr/bin/chromium", package: "chromium" },
  { path: "/usr/bin/busybox", package: "busybox-static" },
  { path: "/usr/sbin/mkfs.vfat", package: "dosfstools" },
  { path: "/usr/sbin/e2fsck", package: "e2fsprogs" },
  { path: "/usr/bin/mtools", package: "mtools" },
  { path: "/usr/sbin/sfdisk", package: "fdisk" },
  { path: "/usr/bin/mksquashfs", package: "squashfs-tools" },
  { path: "/usr/bin/xorriso", package: "xorriso" },
  { path: "/usr/bin/zstd", package: "zstd" },
];

/** Before all tests: as root on a system with apt, what is missing is installed. */
export function setup(): void {
  const missing = PROGRAMS.filter(({ path }) => !existsSync(path) && !existsSync(path.slice(4)));
  if (missing.length === 0) return;
  const names = missing.map((each) => each.package);
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    const options = { env, stdio: "ignore", timeout: 300_000 } as const;
    spawnSync("apt-get", ["update", "-qq"], options);
    spawnSync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...names], options);
  }
  const still = missing.filter(({ path }) => !existsSync(path) && !existsSync(path.slice(4)));
  for (const each of still) {
    process.stderr.write(`skipping the tests that need Debian's ${each.package}\n`);
  }
}

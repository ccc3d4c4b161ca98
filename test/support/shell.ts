// Shell scripts in a bare kernel that has disks, every applet and the programs of util-linux.
import { expect } from "vitest";
import { O_CREAT, O_RDWR } from "../../src/abi/fcntl.ts";
import { type Program, settle } from "../../src/abi/program.ts";
import { allApplets } from "../../src/busybox/applets.ts";
import { busybox } from "../../src/busybox/busybox.ts";
import { type DiskSpec, registerBlock } from "../../src/kernel/block/attach.ts";
import { closeDisks } from "../../src/kernel/block/genhd.ts";
import { registerMemoryDevices } from "../../src/kernel/drivers/mem.ts";
import { devtmpfs } from "../../src/kernel/fs/devtmpfs/devtmpfs.ts";
import type { FileSystemType } from "../../src/kernel/fs/filesystems.ts";
import { sysfs } from "../../src/kernel/fs/sysfs/sysfs.ts";
import { bytesOf, strOf } from "../../src/lib/bytes.ts";
import { exitStatus } from "../../src/libc/spawn.ts";
import { mkdir, open, readFile, symlink, writeFile } from "../../src/libc/unistd.ts";
import { utilLinuxPrograms } from "../../src/util-linux/programs.ts";
import { testKernel } from "./kernel.ts";

export interface ShellRun {
  disks?: readonly DiskSpec[];
  types?: readonly FileSystemType[];
  /** Files by path. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  script: string;
  /** A file to give back. */
  wanted?: string;
}

/** Runs it in /root with /dev, /proc and /sys; the output of both streams and the status. */
export function runShell(run: ShellRun): { output: string; status: number; file?: Uint8Array } {
  const programs = new Map<string, Program>([["busybox", busybox()], ...utilLinuxPrograms()]);
  const machine = testKernel({ memoryBytes: 2 ** 31 }, programs);
  const { kernel } = machine;
  registerMemoryDevices(kernel.devices);
  registerBlock(kernel, run.disks ?? []);
  for (const type of [devtmpfs, sysfs, ...(run.types ?? [])])
    kernel.fileSystems.set(type.name, type);
  let output = "";
  let status = -1;
  let file: Uint8Array | undefined;
  const wait = machine.run(function* (sys) {
    sys.umask(0o022);
    const dirs = ["/bin", "/sbin", "/usr", "/usr/bin", "/usr/sbin", "/dev", "/etc", "/mnt"];
    for (const dir of [...dirs, "/proc", "/root", "/sys", "/tmp"]) mkdir(sys, dir);
    sys.mount("devtmpfs", "/dev", "devtmpfs", 0, "");
    sys.mount("proc", "/proc", "proc", 0, "");
    sys.mount("sysfs", "/sys", "sysfs", 0, "");
    for (const name of programs.keys())
      yield* writeFile(sys, `/bin/${name}`, bytesOf(`#!bivy ${name}\n`), 0o755);
    for (const { path } of allApplets())
      if (path !== "/bin/busybox") symlink(sys, "/bin/busybox", path);
    for (const [path, content] of Object.entries(run.files ?? {}))
      yield* writeFile(sys, path, typeof content === "string" ? bytesOf(content) : content);
    sys.chdir("/root");
    const out = yield* settle(open(sys, "/tmp/.out", O_RDWR | O_CREAT, 0o600));
    const pid = sys.fork(function* (child) {
      const nothing = yield* settle(open(child, "/dev/null", O_RDWR));
      child.dup2(out, 1);
      child.dup2(out, 2);
      child.dup2(nothing, 0);
      const path = "PATH=/usr/sbin:/usr/bin:/sbin:/bin";
      return yield* settle(child.execve("/bin/sh", ["sh", "-c", run.script], [path]));
    });
    const waited = yield* settle(sys.wait4(pid, 0));
    status = exitStatus(waited?.status ?? -1);
    output = strOf(yield* readFile(sys, "/tmp/.out"));
    if (run.wanted !== undefined) file = (yield* readFile(sys, run.wanted)).slice();
    return 0;
  });
  expect(machine.host.reports).toEqual([]);
  expect(wait).toBe(0);
  closeDisks(kernel);
  return { output, status, ...(file === undefined ? {} : { file }) };
}

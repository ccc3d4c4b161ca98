import { expect, test } from "vitest";
import { runProgram } from "../../../test/support/run-program.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { mkdir, readText } from "../../libc/unistd.ts";
import { runApplet } from "../libbb/applet.ts";
import { mount } from "./mount.ts";
import { umount } from "./umount.ts";

/** Runs lines of "mount …" and "umount …" in one machine: what they say, each status, what is mounted under /t. */
async function mounts(lines: readonly string[], fstab?: string): Promise<string> {
  const result = await runProgram({
    program: function* (sys, _argv, envp) {
      mkdir(sys, "/proc");
      sys.mount("proc", "/proc", "proc", 0, "");
      if (fstab !== undefined) {
        const fd = sys.openat(-100, "/etc/fstab", 0o101, 0o644) as number;
        sys.write(fd, bytesOf(fstab));
        sys.close(fd);
      }
      sys.dup2(1, 2);
      for (const line of lines) {
        const argv = line.split(" ");
        const applet = argv[0] === "mount" ? mount : umount;
        sys.write(1, bytesOf(`[${yield* runApplet(applet, sys, argv, envp)}]\n`));
      }
      const table = (yield* readText(sys, "/proc/mounts")) ?? "";
      const mine = table.split("\n").filter((l) => l.includes(" /t/"));
      sys.write(1, bytesOf(mine.map((l) => `${l}\n`).join("")));
      return 0;
    },
    argv: ["mounts"],
    env: {},
    files: { "a/": "", "b/": "", "d/": "", f: "", g: "" },
    stdin: new Uint8Array(),
    wanted: [],
  });
  return strOf(result.stdout) + strOf(result.stderr);
}

for (const [name, lines, output, fstab] of [
  [
    "options, list, remount",
    [
      "mount -t tmpfs -o size=1m,nosuid,noexec,noatime,ro,comment=x,_netdev one a",
      "mount -t tmpfs",
      "mount -o remount,rw a",
      "mount -t notmpfs",
    ],
    `[0]
tmpfs on / type tmpfs (rw,mode=755)
one on /t/a type tmpfs (ro,nosuid,noexec,noatime,size=1024k)
[0]
[0]
[0]
one /t/a tmpfs rw,nosuid,noexec,noatime,size=1024k 0 0
`,
  ],
  [
    "bind, move, umount",
    [
      "mount -t tmpfs one a",
      "mount --bind a b",
      "mount -o bind f g",
      "mount --move b d",
      "umount a a",
      "umount g",
      "mount a b",
    ],
    `[0]
[0]
[0]
[0]
umount: can't unmount /t/a: Invalid argument
[1]
[0]
[0]
one /t/d tmpfs rw,relatime 0 0
tmpfs /t/b tmpfs rw,mode=755 0 0
`,
  ],
  [
    "what fails",
    [
      "mount -t nofs x a",
      "mount x a",
      "mount -o nofail x a",
      "mount f a",
      "mount -t tmpfs x nodir",
      "mount -t tmpfs -o what x a",
      "mount x",
      "mount -a",
      "mount -o remount x",
      "mount --make-private a",
      "umount nodir",
      "umount /t/a",
    ],
    `mount: mounting x on a failed: No such device
[255]
mount: mounting x on a failed: No such file or directory
[255]
[0]
mount: can't setup loop device: No such file or directory
[255]
mount: mounting x on nodir failed: No such file or directory
[255]
mount: mounting x on a failed: Invalid argument
[255]
mount: can't read '/etc/fstab': No such file or directory
[1]
mount: can't read '/etc/fstab': No such file or directory
[1]
mount: can't find x in /proc/mounts
[1]
mount: a: Invalid argument
[1]
umount: can't unmount nodir: No such file or directory
[1]
umount: can't unmount /t/a: Invalid argument
[1]
`,
  ],
  [
    "fstab",
    [
      "mount -a",
      "mount -av",
      "mount d",
      "mount -o ro /t/d",
      "mount none",
      "umount -a -t notmpfs,proc",
      "umount -a -O ro",
    ],
    `mount: mounting x on /t/no failed: No such file or directory
[1]
mount: according to /proc/mounts, one is already mounted on /t/a
mount: mounting x on /t/no failed: No such file or directory
[1]
[0]
[0]
mount: can't find none in /etc/fstab
[1]
[0]
[0]
one /t/a tmpfs rw,relatime,size=1024k 0 0
two /t/d tmpfs rw,relatime 0 0
`,
    "# list\none /t/a tmpfs rw,size=1m 0 0\ntwo /t/d tmpfs noauto 0 0\nx /t/no tmpfs defaults 0 0\nx /t/nono tmpfs nofail 0 0\ns none2 swap sw 0 0\n",
  ],
  [
    "very verbose",
    ["mount -vv -t tmpfs -o ro,size=1m q a", "mount -vvf -t tmpfs q a", "umount a"],
    `mount: mount('q','a','tmpfs',0x00008001,'size=1m'):0
[0]
mount: would do mount('q','a','tmpfs',0x00008000,'(null)')
[0]
[0]
`,
  ],
] as [string, string[], string, string?][])
  test(`mount: ${name}`, async () => {
    expect(await mounts(lines, fstab)).toBe(output);
  });

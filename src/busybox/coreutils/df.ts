// df: space on file systems (POSIX df; -h -T -i -t -B as in GNU)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { type MountEntry, mountEntries } from "../../libc/mntent.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISBLK } from "../../libc/stat.ts";
import { tryStat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { humanSize, inBlocks } from "../libbb/human.ts";
import { CWBKMG, xatouRange } from "../libbb/numbers.ts";

function blockLabel(size: number): string {
  for (const [unit, letter] of [
    [1048576, "M"],
    [1024, "K"],
  ] as const)
    if (size % unit === 0 && size / unit < 1024 && size !== 4096) return `${size / unit}${letter}`;
  return String(size);
}

/** The mount a file is on, the last one where several cover each other. */
function mountOf(p: Process, name: string, mounts: readonly MountEntry[]): MountEntry | undefined {
  const st = tryStat(p.sys, name);
  if (st === undefined) return undefined;
  const device = mounts.findLast((m) => m.source === name);
  // A device node stands for the file system that is on it.
  const dev = S_ISBLK(st.mode) ? st.rdev : st.dev;
  return device ?? mounts.findLast((m) => tryStat(p.sys, m.dir)?.dev === dev);
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "kPTt:aiB:hHm");
  const human = opt.has("h") || opt.has("H");
  const posix = opt.has("P");
  let size = 1024;
  if (p.env.has("POSIXLY_CORRECT")) size = 512;
  if (opt.has("k")) size = 1024;
  if (opt.has("m")) size = 1048576;
  if (opt.has("B")) size = xatouRange(opt.get("B") as string, 1, Number.MAX_SAFE_INTEGER, CWBKMG);

  let head = "Filesystem".padEnd(21);
  if (opt.has("T")) head += "Type".padEnd(11);
  if (opt.has("i")) head += `${"Inodes".padStart(9)} ${"Used".padStart(9)}`;
  else if (human) head += `${"Size".padStart(9)} ${"Used".padStart(9)}`;
  else {
    const label = `${posix || (size !== 1024 && size !== 1048576) ? size : blockLabel(size)}-blocks`;
    head +=
      label + (opt.has("B") && !posix ? "Used".padStart(10) : "Used".padStart(19 - label.length));
  }
  head += ` Available ${posix ? "Capacity" : "Use%"} Mounted on\n`;
  const w = p.stdout.puts(head);
  if (w) yield* w;

  const mounts = yield* mountEntries(p.sys);
  let status = 0;
  const rows: [MountEntry, named: boolean][] = [];
  if (opt.operands.length === 0) for (const mount of mounts) rows.push([mount, false]);
  for (const name of opt.operands) {
    const mount = mountOf(p, name, mounts);
    if (mount !== undefined) rows.push([mount, true]);
    else {
      yield* p.warnx(`${name}: can't find mount point`);
      status = 1;
    }
  }
  const types = opt.all("t");
  for (const [mount, named] of rows) {
    if (types.length > 0 && !types.includes(mount.type)) continue;
    if (mount.type === "rootfs" && !opt.has("a") && !named) continue;
    try {
      const fs = p.sys.statfs(mount.dir);
      if (fs.blocks === 0 && !opt.has("a") && !named) continue;
      const inodes = opt.has("i");
      const all = inodes ? fs.files : fs.blocks;
      const used = inodes ? fs.files - fs.ffree : fs.blocks - fs.bfree;
      const free = inodes ? fs.ffree : fs.bavail;
      const sum = used + free;
      const percent = sum === 0 ? 0 : Math.floor((used * 100 + sum / 2) / sum);
      const show = (n: number): string =>
        (inodes
          ? human
            ? humanSize(n)
            : String(n)
          : human
            ? humanSize(n, fs.bsize)
            : String(inBlocks(n, fs.bsize, size))
        ).padStart(9);
      let row = mount.source.padEnd(20);
      if (row.length > 20 && !posix) row += `\n${" ".repeat(20)}`;
      if (opt.has("T")) row += ` ${mount.type.padEnd(10)}`;
      row += ` ${show(all)} ${show(used)} ${show(free)} ${String(percent).padStart(3)}% ${mount.dir}\n`;
      const written = p.stdout.puts(row);
      if (written) yield* written;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      yield* p.warn(mount.dir, e);
      status = 1;
    }
  }
  return status;
}

export const df: Applet = {
  name: "df",
  path: "/bin/df",
  usage: `[-PkmhTai] [-B SIZE] [-t TYPE] [FILESYSTEM]...

Print how much space file systems have

	-P	POSIX form
	-k	In blocks of 1024 bytes (default)
	-m	In blocks of 1 MB
	-h	For people (1K 243M 2G)
	-T	With types
	-t TYPE	Only file systems of TYPE
	-a	All of them
	-i	Inodes
	-B SIZE	In blocks of SIZE bytes
`,
  main,
};

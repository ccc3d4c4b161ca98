// mkfifo, mknod: make named pipes and device nodes (POSIX mkfifo; mknod as in GNU)
import { EINVAL } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { makedev, S_IFBLK, S_IFCHR, S_IFIFO } from "../../abi/stat.ts";
import { getopt, type Options } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import { chmod, mknod as makeNode } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { parseMode } from "../libbb/mode.ts";
import { xatouRange } from "../libbb/numbers.ts";

/** -m of both: the mode, and whether the umask is left out of it. */
function modeOption(p: Process, opt: Options): number | undefined {
  const text = opt.get("m");
  if (text === undefined) return undefined;
  const mask = p.sys.umask(0);
  p.sys.umask(mask);
  return parseMode(text, 0o666, mask) ?? dieErrno(opt.operands[0] ?? "", EINVAL);
}

function make(p: Process, path: string, type: number, mode: number | undefined, dev: number): void {
  makeNode(p.sys, path, type | (mode ?? 0o666), dev);
  if (mode !== undefined) chmod(p.sys, path, mode);
}

function* mkfifoMain(p: Process): Steps<number> {
  const opt = getopt(p, "m:", { long: { mode: "m" }, min: 1 });
  const mode = modeOption(p, opt);
  let status = 0;
  for (const path of opt.operands) {
    try {
      make(p, path, S_IFIFO, mode, 0);
    } catch (e) {
      yield* p.warn(path, e);
      status = 1;
    }
  }
  return status;
}

function* mknodMain(p: Process): Steps<number> {
  const opt = getopt(p, "m:", { long: { mode: "m" } });
  const [path, kind = "", majorText = "", minorText = ""] = opt.operands;
  const n = opt.operands.length;
  const letter = kind.charAt(0);
  if (path === undefined || !"bcup".includes(letter) || letter === "") p.usageError();
  if (n !== (letter === "p" ? 2 : 4)) p.usageError();
  const mode = modeOption(p, opt);
  let dev = 0;
  if (letter !== "p")
    dev = makedev(xatouRange(majorText, 0, 4095), xatouRange(minorText, 0, 1048575));
  try {
    make(p, path, letter === "p" ? S_IFIFO : letter === "b" ? S_IFBLK : S_IFCHR, mode, dev);
  } catch (e) {
    return dieErrno(path, e);
  }
  return 0;
}

export const mkfifo: Applet = {
  name: "mkfifo",
  path: "/usr/bin/mkfifo",
  usage: "[-m MODE] NAME\n\nMake named pipe NAME\n\n\t-m MODE\tPermissions (default a=rw)\n",
  main: mkfifoMain,
};

export const mknod: Applet = {
  name: "mknod",
  path: "/bin/mknod",
  usage: `[-m MODE] NAME TYPE [MAJOR MINOR]

Make a device node or named pipe

	-m MODE	Permissions (default a=rw)
TYPE:
	b	Block device
	c or u	Character device
	p	Named pipe, without MAJOR MINOR
`,
  main: mknodMain,
};

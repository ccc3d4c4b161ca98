// mountpoint: is something mounted on a directory? (as in sysvinit and util-linux)
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { major, minor } from "../../abi/stat.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { S_ISBLK, S_ISDIR } from "../../libc/stat.ts";
import { lstat, readDir, stat, tryLstat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

/** The block device in /dev with this number. */
function* deviceName(p: Process, dev: number): Steps<string> {
  try {
    const entries = yield* readDir(p.sys, "/dev");
    for (const { name } of entries) {
      const st = tryLstat(p.sys, `/dev/${name}`);
      if (st !== undefined && S_ISBLK(st.mode) && st.rdev === dev) return `/dev/${name}`;
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
  }
  return "UNKNOWN";
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "qdxn", { min: 1, max: 1 });
  const [name = ""] = opt.operands;
  const quiet = opt.has("q");
  const numbers = (dev: number): string => `${major(dev)}:${minor(dev)}\n`;
  let out = "";
  let status = 0;
  try {
    const st = opt.has("x") ? stat(p.sys, name) : lstat(p.sys, name);
    if (opt.has("x") ? !S_ISBLK(st.mode) : !S_ISDIR(st.mode)) {
      if (!quiet)
        yield* p.warnx(`${name}: ${opt.has("x") ? "not a block device" : "Not a directory"}`);
      return 1;
    }
    if (opt.has("x")) out = numbers(st.rdev);
    else {
      const above = stat(p.sys, `${name}/..`);
      status = st.dev !== above.dev || st.ino === above.ino ? 0 : 1;
      if (opt.has("d")) out += numbers(st.dev);
      if (opt.has("n")) out += `${yield* deviceName(p, st.dev)} ${name}\n`;
      if (out === "" && !quiet) out = `${name} is ${status === 0 ? "" : "not "}a mountpoint\n`;
    }
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (!quiet) yield* p.warn(name, e);
    return 1;
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return status;
}

export const mountpoint: Applet = {
  name: "mountpoint",
  path: "/bin/mountpoint",
  usage: `[-q] { [-dn] DIR | -x DEVICE }

Is something mounted on DIR?

	-q	Say nothing
	-d	Print the number of its file system's device
	-n	Print the name of its file system's device
	-x	Print the number of DEVICE
`,
  main,
};

// dmesg: what the kernel has to say (as in util-linux)
import { Errno } from "../../abi/errno.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatou } from "../libbb/numbers.ts";

/** Actions of syslog(2). */
const READ_ALL = 3;
const READ_CLEAR = 4;
const CONSOLE_LEVEL = 8;
const SIZE_BUFFER = 10;

const SIZE_MIN = 16 * 1024;
const SIZE_MAX = 16 * 1024 * 1024;

function* call(p: Process, type: number, size: number): Steps<string> {
  try {
    return yield* settle(p.sys.syslog(type, size));
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    return dieErrno("klogctl", e);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "cs:n:r");
  const size = xatou(opt.get("s") ?? "0");
  const level = opt.get("n");
  if (level !== undefined) {
    yield* call(p, CONSOLE_LEVEL, xatou(level));
    return 0;
  }
  const wanted = opt.has("s") ? size : Number(yield* call(p, SIZE_BUFFER, 0)) || SIZE_MIN;
  let text = yield* call(
    p,
    opt.has("c") ? READ_CLEAR : READ_ALL,
    Math.max(SIZE_MIN, Math.min(SIZE_MAX, wanted)),
  );
  if (text === "") return 0;
  if (!opt.has("r")) text = text.replace(/(^|\n)<[0-9]+>/g, "$1");
  const w = p.stdout.puts(text.endsWith("\n") ? text : `${text}\n`);
  if (w) yield* w;
  return 0;
}

export const dmesg: Applet = {
  name: "dmesg",
  path: "/bin/dmesg",
  usage: `[-cr] [-n LEVEL] [-s SIZE]

Print what the kernel has logged

	-c		Forget it afterwards
	-n LEVEL	Set what goes to the console too
	-s SIZE		No more than the last SIZE bytes
	-r		With levels, as it is kept
`,
  main,
};

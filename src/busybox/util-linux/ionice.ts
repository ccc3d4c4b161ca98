// ionice: how urgent a program's input and output is (ionice(1)). The kernel keeps it and tells it.
import { Errno } from "../../abi/errno.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { execOrDie } from "../../libc/spawn.ts";
import type { Applet } from "../libbb/applet.ts";
import { xatoi } from "../libbb/numbers.ts";

const CLASSES: readonly string[] = ["none", "realtime", "best-effort", "idle"];
const IOPRIO_WHO_PROCESS = 1;
const CLASS_SHIFT = 13;
const IDLE = 3;
const IDLE_LEVEL = 7;

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+n:c:pt");
  const { sys } = p;
  const number = (key: string): number => (opt.has(key) ? xatoi(opt.get(key) as string) : 0);
  const io = number("c");
  if (io < 0 || io > IDLE) die(`bad class ${io}`);
  const level = io === IDLE ? IDLE_LEVEL : number("n");
  const set = opt.has("n") || opt.has("c");
  const words = opt.operands;
  // Without -p, a word and nothing to set, the word is a process too.
  const byPid = opt.has("p") || !set;
  const pid = byPid && words.length > 0 ? xatoi(words[0] as string) : 0;
  if (!set) {
    let known: number;
    try {
      known = sys.ioprio_get(IOPRIO_WHO_PROCESS, pid);
    } catch (e) {
      return dieErrno("ioprio_get", e);
    }
    const name = CLASSES[known >> CLASS_SHIFT] ?? "?";
    const tail = known >> CLASS_SHIFT === IDLE ? "" : `: prio ${known & 0xff}`;
    const w = p.stdout.puts(`${name}${tail}\n`);
    if (w) yield* w;
    return 0;
  }
  try {
    sys.ioprio_set(IOPRIO_WHO_PROCESS, pid, (io << CLASS_SHIFT) | level);
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    if (!opt.has("t")) dieErrno("ioprio_set", e);
  }
  return byPid || words.length === 0 ? 0 : yield* execOrDie(p, words);
}

export const ionice: Applet = {
  name: "ionice",
  path: "/bin/ionice",
  usage: `[-c 1-3] [-n 0-7] [-t] {-p PID | [PROG ARGS]}

Show or set how urgent input and output of PID or PROG is

	-c N	Class: 1 real time, 2 best effort, 3 only when idle
	-n N	Level in the class, 0 first
	-t	No error if it cannot be set
	-p	Of a process that runs
`,
  main,
};

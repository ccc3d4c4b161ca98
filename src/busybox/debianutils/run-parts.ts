// run-parts: run what is in a directory (as in Debian's debianutils)
import { Errno } from "../../abi/errno.ts";
import { X_OK } from "../../abi/fcntl.ts";
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import { exitStatus, waitpid } from "../../libc/spawn.ts";
import { S_ISDIR, S_ISREG } from "../../libc/stat.ts";
import { access, readDir, stat } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { joinPath } from "../libbb/path.ts";

const NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;

function parseMask(text: string): number {
  if (!/^[0-7]+$/.test(text)) die(`invalid number '${text}'`);
  const mask = Number.parseInt(text, 8);
  if (mask > 0o7777) die(`number ${text} is not in 0..4095 range`);
  return mask;
}

/** The programs of a directory in order; what cannot be looked at is reported. */
function* programsIn(p: Process, dir: string): Steps<string[]> {
  const found: string[] = [];
  let names: string[];
  try {
    if (!S_ISDIR(stat(p.sys, dir).mode)) return found;
    const entries = yield* readDir(p.sys, dir);
    names = entries.map((d) => d.name);
  } catch (e) {
    yield* p.warn(dir, e);
    return found;
  }
  for (const name of names) {
    const path = joinPath(dir, name);
    try {
      const { mode } = stat(p.sys, path);
      if (NAME.test(name) && S_ISREG(mode) && access(p.sys, path, X_OK)) found.push(path);
    } catch (e) {
      yield* p.warn(path, e);
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function* main(p: Process): Steps<number> {
  const { sys } = p;
  const opt = getopt(p, "a:u:", {
    long: { arg: "a:", umask: "u:", reverse: "reverse", test: "test", "exit-on-error": "exit" },
    min: 1,
    max: 1,
  });
  sys.umask(parseMask(opt.get("u") ?? "22"));
  const programs = yield* programsIn(p, opt.operands[0] ?? "");
  if (opt.has("reverse")) programs.reverse();
  let status = 0;
  for (const program of programs) {
    if (opt.has("test")) {
      const w = p.stdout.puts(`${program}\n`);
      if (w) yield* w;
      continue;
    }
    let failed: Errno | undefined;
    const pid = sys.fork(function* (child) {
      try {
        const call = child.execve(program, [program, ...opt.all("a")], p.environ());
        return typeof call === "object" ? yield* call : call;
      } catch (e) {
        if (!(e instanceof Errno)) throw e;
        failed = e;
        return 127;
      }
    });
    const result = exitStatus(yield* waitpid(sys, pid));
    if (failed !== undefined) yield* p.warn(`can't execute '${program}'`, failed);
    else if (result !== 0) yield* p.warnx(`${program}: exit status ${result}`);
    if (result === 0) continue;
    status = 1;
    if (opt.has("exit")) break;
  }
  return status;
}

export const run_parts: Applet = {
  name: "run-parts",
  path: "/bin/run-parts",
  usage: `[-a ARG]... [-u UMASK] [--reverse] [--test] [--exit-on-error] DIRECTORY

Run the programs of DIRECTORY in the order of their names

	-a ARG		Give them ARG
	-u UMASK	Mask of modes (default 022)
	--reverse	The last one first
	--test		Only print their names
	--exit-on-error	Stop after one that fails
`,
  main,
};

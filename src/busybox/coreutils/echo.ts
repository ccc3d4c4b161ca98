// echo: print the arguments (POSIX echo; -n -e -E)
import type { Steps } from "../../abi/program.ts";
import { echoText } from "../../ash/bltin/echo.ts";
import { dieErrno, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const w = p.stdout.puts(echoText(p.argv));
  if (w) yield* w;
  const f = p.stdout.flush();
  if (f) yield* f;
  if (p.stdout.error !== undefined) dieErrno("write error", p.stdout.error);
  return 0;
}

export const echo: Applet = {
  name: "echo",
  path: "/bin/echo",
  usage: `[-neE] [ARG]...

Print ARGs and a newline

	-n	Without the newline
	-e	Backslash escapes count
	-E	They do not (default)
`,
  main,
  noHelp: true,
};

// basename: the last part of a path (POSIX basename; -a -s as in GNU)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { lastPart } from "../libbb/path.ts";

function strip(path: string, suffix: string): string {
  const base = lastPart(path);
  return suffix !== "" && base !== suffix && base.endsWith(suffix)
    ? base.slice(0, -suffix.length)
    : base;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "+as:", { min: 1 });
  const many = opt.has("a") || opt.has("s");
  if (!many && opt.operands.length > 2) p.usageError();
  const suffix = opt.get("s") ?? (many ? "" : (opt.operands[1] ?? ""));
  const paths = many ? opt.operands : opt.operands.slice(0, 1);
  const w = p.stdout.puts(paths.map((path) => `${strip(path, suffix)}\n`).join(""));
  if (w) yield* w;
  return 0;
}

export const basename: Applet = {
  name: "basename",
  path: "/usr/bin/basename",
  usage: `FILE [SUFFIX] | -a FILE... | -s SUFFIX FILE...

Print FILE without its directory, and without SUFFIX

	-a	Every argument is a FILE
	-s SUF	Take SUF off each (implies -a)
`,
  main,
};

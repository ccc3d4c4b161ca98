// strings: runs of printable characters in files (POSIX strings; -f -o as in GNU)
import { Errno } from "../../abi/errno.ts";
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { xatouRange } from "../libbb/numbers.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

const RADIX: Readonly<Record<string, number>> = { d: 10, o: 8, x: 16 };

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "afon:t:");
  const least = xatouRange(opt.get("n") ?? "4", 1, 0x7fffffff);
  let radix = opt.has("o") ? 8 : undefined;
  const named = opt.get("t");
  if (named !== undefined) radix = RADIX[named] ?? p.usageError();
  return yield* forEachInput(p, opt.operands, function* (input, name) {
    const head = opt.has("f") ? `${name}: ` : "";
    /** What is known of a run that the last chunk ended in, until it is long enough to be shown. */
    let short = "";
    let shown = false;
    let offset = 0;
    for (;;) {
      let text: string;
      try {
        let chunk = input.read();
        if (isSteps(chunk)) chunk = yield* chunk;
        text = strOf(chunk);
      } catch (e) {
        // What cannot be read has ended, as in the original.
        if (!(e instanceof Errno)) throw e;
        text = "";
      }
      if (text === "") break;
      let out = "";
      if (short !== "" || shown) {
        if (!/^[\t -~]/.test(text)) {
          if (shown) out = "\n";
          short = "";
          shown = false;
        }
      }
      for (const m of text.matchAll(/[\t -~]+/g)) {
        const last = m.index + m[0].length === text.length;
        const run = m.index === 0 ? short + m[0] : m[0];
        const goesOn = shown && m.index === 0;
        if (!goesOn && run.length < least) {
          if (last) short = run;
          else if (m.index === 0) short = "";
          continue;
        }
        if (!goesOn) {
          const at = offset + m.index - (run.length - m[0].length);
          out += head;
          if (radix !== undefined) out += `${at.toString(radix).padStart(7)} `;
        }
        out += run;
        short = "";
        shown = last;
        if (!last) out += "\n";
      }
      offset += text.length;
      const w = p.stdout.puts(out);
      if (w) yield* w;
      dieIfStdoutFailed(p);
    }
    if (shown) {
      const w = p.stdout.puts("\n");
      if (w) yield* w;
    }
  });
}

export const strings: Applet = {
  name: "strings",
  path: "/usr/bin/strings",
  usage: `[-fo] [-t o|d|x] [-n LEN] [FILE]...

Print what is readable in FILEs

	-f		Each string after its file's name
	-o		Each string after its octal offset
	-t o|d|x	Each string after its offset: octal, decimal, hexadecimal
	-n LEN		Shortest string shown (default 4)
`,
  main,
};

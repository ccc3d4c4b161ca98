// cat: concatenate files (POSIX cat; -n -b -v -t -e -A as in GNU)
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { type Input, LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { copyFd } from "../libbb/copy.ts";
import { forEachInput } from "../libbb/inputs.ts";
import { dieIfStdoutFailed } from "../libbb/stdout.ts";

/** How -v shows each byte. */
function visibleTable(tabs: boolean): string[] {
  return Array.from({ length: 256 }, (_, byte) => {
    const c = byte & 127;
    if (c === byte && (c === 10 || (c === 9 && !tabs))) return String.fromCharCode(c);
    const text =
      c < 32 ? `^${String.fromCharCode(c + 64)}` : c === 127 ? "^?" : String.fromCharCode(c);
    return byte < 128 ? text : `M-${text}`;
  });
}

/** Makes text visible as the options say. */
function visible(tabs: boolean, ends: boolean): (text: string) => string {
  const table = visibleTable(tabs);
  return (text) => {
    // Everything but printable characters and newlines.
    const s = text.replace(/[^ -~\n]/g, (c) => table[c.charCodeAt(0)] as string);
    return ends ? s.replaceAll("\n", "$\n") : s;
  };
}

function* copied(p: Process, input: Input): Steps<number> {
  return (yield* copyFd(p, input.fd, 1)) < 0 ? 1 : 0;
}

function* shown(p: Process, input: Input, show: (text: string) => string): Steps<number> {
  for (;;) {
    let chunk = input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) return 0;
    const w = p.stdout.puts(show(strOf(chunk)));
    if (w) yield* w;
    dieIfStdoutFailed(p);
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "etvAnbu", { implies: { A: "et", e: "v", t: "v" } });
  const show = opt.has("v") ? visible(opt.has("t"), opt.has("e")) : undefined;
  if (!opt.has("n") && !opt.has("b")) {
    const each = (input: Input): Steps<number> =>
      show === undefined ? copied(p, input) : shown(p, input, show);
    return yield* forEachInput(p, opt.operands, each, true);
  }
  // Lines are numbered through all files. A file's last line without newline is ended, but not with -v.
  const numbered = opt.has("b") ? /[^\n]+\n?/g : /[^\n]*\n|[^\n]+/g;
  const gap = show === undefined ? "\t" : "  ";
  let n = 0;
  let within = false;
  return yield* forEachInput(
    p,
    opt.operands,
    function* (input) {
      const lines = new LineReader(input);
      for (;;) {
        let block = lines.block();
        if (isSteps(block)) block = yield* block;
        if (block === undefined) return;
        const number = (line: string): string => `${String(++n).padStart(6)}${gap}${line}`;
        // The rest of a line that another file began has no number.
        const rest = within ? block.indexOf("\n") + 1 || block.length : 0;
        let s = block.slice(0, rest) + block.slice(rest).replace(numbered, number);
        within = show !== undefined && !s.endsWith("\n");
        if (show === undefined && !s.endsWith("\n")) s += "\n";
        const w = p.stdout.puts(show === undefined ? s : show(s));
        if (w) yield* w;
        dieIfStdoutFailed(p);
      }
    },
    true,
  );
}

export const cat: Applet = {
  name: "cat",
  path: "/bin/cat",
  usage: `[-nbvteA] [FILE]...

Print FILEs, one after the other

	-n	Number the lines
	-b	Number the lines that are not empty
	-v	Show control characters as ^x, bytes above 127 as M-x
	-e	As -v, with $ before each newline
	-t	As -v, with tabs as ^I
	-A	Same as -vte
`,
  main,
};

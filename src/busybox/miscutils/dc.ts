// dc: calculator of any precision in reverse Polish notation
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { Exit, type Process } from "../../libc/process.ts";
import { isatty, LineReader } from "../../libc/stdio.ts";
import { readAll } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { CalcOutput, lineLength } from "./calc-output.ts";
import { DcMachine } from "./dc-run.ts";
import { CalcError } from "./decimal.ts";

function* readFile(p: Process, name: string): Steps<string> {
  try {
    const input = yield* openInput(p, name === "-" ? "./-" : name);
    const text = strOf(yield* readAll(p.sys, input.fd));
    closeInput(p, input);
    return text;
  } catch (e) {
    yield* p.warn(`can't open '${name}'`, e);
    throw new Exit(1);
  }
}

/** How deep in brackets the text ends. */
function depthOf(text: string): number {
  let depth = 0;
  for (const c of text.match(/[[\]]|#[^\n]*/g) ?? []) {
    if (c === "[") depth++;
    else if (c === "]") depth--;
  }
  return depth;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "xe:f:");
  const stdin = new LineReader(p.stdin);
  function* line(): Steps<string | undefined> {
    const f = p.stdout.flush();
    if (f) yield* f;
    const text = stdin.next();
    return isSteps(text) ? yield* text : text;
  }
  const length = lineLength(p, "DC_LINE_LENGTH");
  const machine = new DcMachine(
    p.sys,
    new CalcOutput(p, length === 0 ? 0 : length + 1),
    (bytes) => p.stdout.write(bytes),
    function* () {
      return (yield* line()) ?? "";
    },
    opt.has("x"),
  );
  function* run(text: string, forgiving: boolean): Steps<boolean> {
    try {
      return yield* machine.run(text);
    } catch (e) {
      if (!(e instanceof CalcError) && !(e instanceof RangeError)) throw e;
      const message = e instanceof CalcError ? e.message : "out of memory";
      if (!forgiving) throw new Exit(1, message);
      yield* p.warnx(message);
      return true;
    }
  }
  let any = false;
  for (const [key, value] of opt.given) {
    if (key === "x") continue;
    any = true;
    const text = key === "e" ? (value ?? "") : yield* readFile(p, value ?? "");
    if (!(yield* run(text, false))) return 0;
  }
  for (const name of opt.operands) {
    any = true;
    if (!(yield* run(yield* readFile(p, name), false))) return 0;
  }
  if (any) return 0;
  const forgiving = isatty(p.sys, 0) && isatty(p.sys, 1);
  let text = "";
  for (;;) {
    const more = yield* line();
    text += more ?? "";
    if (more !== undefined && depthOf(text) > 0) continue;
    if (text !== "" && !(yield* run(text, forgiving))) return 0;
    if (more === undefined) return 0;
    text = "";
  }
}

export const dc: Applet = {
  name: "dc",
  path: "/usr/bin/dc",
  usage: `[-x] [-e SCRIPT]... [-f FILE]... [FILE]...

Calculate in reverse Polish notation

	+ - * / % ^	As elsewhere
	~	Quotient and remainder
	|	Power modulo a third number
	v	Square root
	p,f	Print the top of the stack, or all of it
	k,i,o	Set precision, base of input, base of output
	-x	Names of registers may be words after a blank

dc -e '2 3 * p' prints 6
`,
  main,
};

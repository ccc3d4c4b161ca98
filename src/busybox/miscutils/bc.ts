// bc: calculator of any precision (POSIX bc, with additions of GNU's)
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, Exit, type Process } from "../../libc/process.ts";
import { type Input, isatty, LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openInput } from "../libbb/inputs.ts";
import { BcParser, type Extension, Incomplete } from "./bc-parse.ts";
import { BcMachine } from "./bc-run.ts";
import { CalcOutput, lineLength } from "./calc-output.ts";
import { CalcError } from "./decimal.ts";

const LIMITS = `BC_BASE_MAX     = 999
BC_DIM_MAX      = 2147483647
BC_SCALE_MAX    = 4294967295
BC_STRING_MAX   = 4294967294
MAX Exponent    = 999999999
Number of vars  = 999999999
`;

/** Scale of the library. */
const LIBRARY_SCALE = 20;

class Calculator {
  readonly #p: Process;
  readonly #machine: BcMachine;
  readonly #extension: Extension;
  readonly #stdin: LineReader;
  readonly #interactive: boolean;
  #warnings: string[] = [];

  constructor(
    p: Process,
    options: { library: boolean; posix: "no" | "warn" | "error"; interactive: boolean },
  ) {
    this.#p = p;
    this.#stdin = new LineReader(p.stdin);
    this.#interactive = options.interactive;
    this.#extension = (what) => {
      if (options.posix === "error") throw new CalcError(`POSIX does not allow ${what}`);
      if (options.posix === "warn") this.#warnings.push(`POSIX does not allow ${what}`);
    };
    const out = new CalcOutput(p, lineLength(p, "BC_LINE_LENGTH"));
    const calculator = this;
    this.#machine = new BcMachine(p.sys, out, LIMITS, function* () {
      const line = yield* calculator.#readLine(calculator.#stdin);
      if (line === undefined) throw new CalcError("bad read() expression");
      return new BcParser(line, calculator.#machine.functions, calculator.#extension).whole();
    });
    this.#machine.library = options.library;
    if (options.library) this.#machine.scale = LIBRARY_SCALE;
  }

  *#readLine(lines: LineReader): Steps<string | undefined> {
    const f = this.#p.stdout.flush();
    if (f && this.#interactive) yield* f;
    const line = lines.next();
    return isSteps(line) ? yield* line : line;
  }

  *stdin(): Steps<boolean> {
    return yield* this.lines(this.#stdin, this.#interactive);
  }

  /** Runs a whole input; false when it has halted. */
  *lines(lines: LineReader, forgiving: boolean): Steps<boolean> {
    let text = "";
    for (;;) {
      const line = yield* this.#readLine(lines);
      if (line === undefined && text === "") return true;
      text += line ?? "";
      if (text.endsWith("\\\n") && line !== undefined) continue;
      try {
        if (!(yield* this.#text(text))) return false;
        text = "";
      } catch (e) {
        if (e instanceof Incomplete && line !== undefined) continue;
        if (e instanceof RangeError) die("out of memory");
        if (!(e instanceof CalcError)) throw e;
        if (!forgiving) throw new Exit(1, e.message);
        yield* this.#p.warnx(e.message);
        text = "";
      }
      if (line === undefined) return true;
    }
  }

  *#text(text: string): Steps<boolean> {
    this.#warnings = [];
    const parser = new BcParser(text, this.#machine.functions, this.#extension);
    for (;;) {
      const unit = parser.line();
      if (unit === undefined) return true;
      for (const warning of this.#warnings) yield* this.#p.warnx(warning);
      this.#warnings = [];
      if (!(yield* this.#machine.run(unit.code)) || unit.quit) return false;
    }
  }
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "wvsqli", {
    long: {
      warn: "w",
      version: "v",
      standard: "s",
      quiet: "q",
      mathlib: "l",
      interactive: "i",
    },
  });
  if (opt.has("v")) return yield* version(p);
  const calculator = new Calculator(p, {
    library: opt.has("l"),
    posix: opt.has("s") ? "error" : opt.has("w") ? "warn" : "no",
    interactive: opt.has("i") || (isatty(p.sys, 0) && isatty(p.sys, 1)),
  });
  for (const file of opt.operands) {
    let input: Input;
    try {
      input = yield* openInput(p, file);
    } catch (e) {
      return dieErrno(`can't open '${file}'`, e);
    }
    if (!(yield* calculator.lines(new LineReader(input), false))) return 0;
    closeInput(p, input);
  }
  yield* calculator.stdin();
  return 0;
}

function* version(p: Process): Steps<number> {
  const w = p.stdout.puts("bc 1.36.1\n");
  if (w) yield* w;
  return 0;
}

export const bc: Applet = {
  name: "bc",
  path: "/usr/bin/bc",
  usage: `[-sqlw] [FILE]...

Calculate with numbers of any length

	-q	Ignored: there is never a greeting
	-l	With the functions s c a l e j, and a scale of 20
	-s	POSIX's language only
	-w	Tell what POSIX does not have

$BC_LINE_LENGTH: where long numbers are broken (default 70; 0: nowhere)
`,
  main,
};

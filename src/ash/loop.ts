// The loop that reads commands and runs them, for scripts and strings.
import { isSteps, type Steps } from "../abi/program.ts";
import { compile } from "./eval.ts";
import { nextCommand } from "./evalstring.ts";
import type { Input } from "./input.ts";
import type { Parsed } from "./parser.ts";
import { type Shell, SKIP_NOEXEC, SKIP_NONE } from "./shell.ts";

/** The next command, reading as much as it takes. */
export function* readCommand(sh: Shell, input: Input): Steps<Parsed> {
  if (sh.opts.verbose && input.fd >= 0) return yield* readVerbosely(sh, input);
  for (;;) {
    if (input.pos < input.text.length || input.eof) {
      const parsed = nextCommand(sh, input);
      if (parsed !== "more") return parsed;
    }
    yield* input.fill();
  }
}

/** set -v: what is read is shown before it runs. */
function* readVerbosely(sh: Shell, input: Input): Steps<Parsed> {
  for (;;) {
    const { text, pos } = input;
    let parsed: Parsed;
    let used: string;
    try {
      parsed = nextCommand(sh, input);
      used = text.slice(pos, text.length - (input.text.length - input.pos));
    } catch (e) {
      const w = sh.print2(text.slice(pos), 0);
      if (isSteps(w)) yield* w;
      throw e;
    }
    if (parsed === "more") {
      yield* input.fill();
      continue;
    }
    if (used !== "") {
      const w = sh.print2(used, 0);
      if (isSteps(w)) yield* w;
    }
    return parsed;
  }
}

/** Runs all commands of an input: the status of the last. `exits`: nothing follows in this shell. */
export function* runInput(sh: Shell, input: Input, exits = false): Steps<number> {
  let status = 0;
  for (;;) {
    const parsed = yield* readCommand(sh, input);
    if (parsed === "eof" || parsed === "more") break;
    if (parsed === "empty") continue;
    if (sh.opts.noexec && !sh.opts.interactive) continue;
    const last = exits && input.eof && /^[\s;]*$/.test(input.text.slice(input.pos));
    const r = compile(parsed, last)(sh);
    status = typeof r === "number" ? r : yield* r;
    if (sh.skip === SKIP_NOEXEC) sh.skip = SKIP_NONE;
    if (sh.skip !== SKIP_NONE) break;
  }
  return status;
}

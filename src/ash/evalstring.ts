// Running commands from texts: eval, traps, -c, and the loop over a script's commands.
import { type Blocking, isSteps, type Steps } from "../abi/program.ts";
import { compile } from "./eval.ts";
import { type Parsed, parseCommand } from "./parser.ts";
import { type Shell, SKIP_NONE } from "./shell.ts";
import { type ParseHost, type Source, SyntaxFault } from "./tokens.ts";

/** The shell's aliases and builtins, for the parser. */
export function parseHost(sh: Shell): ParseHost {
  return {
    alias: (name) => (sh.aliases.size === 0 ? undefined : sh.aliases.get(name)),
    isSpecial: (name) => sh.builtins.get(name)?.special === true,
  };
}

/** Parses the next command of a source; syntax errors become the shell's. */
export function nextCommand(sh: Shell, source: Source): Parsed {
  try {
    const parsed = parseCommand(source, parseHost(sh));
    sh.inputLine = source.line;
    return parsed;
  } catch (e) {
    if (!(e instanceof SyntaxFault)) throw e;
    sh.inputLine = e.line;
    throw sh.inputError(`syntax error: ${e.message}`, e.line);
  }
}

/** Runs all commands of a text: the status of the last, or 0 when there is none. */
export function runText(sh: Shell, text: string, line: number): Blocking<number> {
  const source: Source = { text, pos: 0, eof: true, line, aliases: [] };
  const inputLine = sh.inputLine;
  let status = 0;
  for (;;) {
    const parsed = nextCommand(sh, source);
    if (parsed === "eof" || parsed === "more") break;
    if (parsed === "empty") continue;
    const result = compile(parsed)(sh);
    if (typeof result !== "number") return runTextRest(sh, source, result, inputLine);
    status = result;
    if (sh.skip !== SKIP_NONE) break;
  }
  sh.inputLine = inputLine;
  return status;
}

function* runTextRest(
  sh: Shell,
  source: Source,
  first: Steps<number>,
  inputLine: number,
): Steps<number> {
  let status = yield* first;
  while (sh.skip === SKIP_NONE) {
    const parsed = nextCommand(sh, source);
    if (parsed === "eof" || parsed === "more") break;
    if (parsed === "empty") continue;
    const result = compile(parsed)(sh);
    status = isSteps(result) ? yield* result : result;
  }
  sh.inputLine = inputLine;
  return status;
}

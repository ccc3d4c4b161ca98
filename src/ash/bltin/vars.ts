// export readonly local unset set shift getopts let (POSIX XCU 2.14, getopts)
import type { Blocking } from "../../abi/program.ts";
import { ArithError, type ArithValue } from "../arith.ts";
import { type Builtin, regular, special } from "../bltin.ts";
import { setOptions } from "../setopt.ts";
import type { Shell } from "../shell.ts";
import { isName } from "../tokens.ts";
import {
  DYNAMIC,
  EXPORT,
  HIDDEN,
  READONLY,
  singleQuote,
  splitAssignment,
  type Var,
} from "../var.ts";
import { numberArgument } from "./flow.ts";

/** Options at the beginning of argv; an error for letters that are not in `letters`. */
export function options(
  sh: Shell,
  argv: readonly string[],
  letters: string,
): { given: string; rest: readonly string[] } {
  let given = "";
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (!arg.startsWith("-") || arg === "-") break;
    if (arg === "--") {
      at++;
      break;
    }
    for (const c of arg.slice(1)) {
      if (!letters.includes(c)) throw sh.error(`illegal option -${c}`);
      given += c;
    }
  }
  return { given, rest: argv.slice(at) };
}

/** Variables as commands that would make them: `export x='1'`. */
function listVars(sh: Shell, prefix: string, shown: (v: Var) => boolean): string {
  let out = "";
  const vars = sh.vars.all().filter(shown);
  vars.sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const v of vars) {
    out += `${prefix}${v.name}`;
    if ((v.flags & DYNAMIC) !== 0) out += "=''";
    else if (v.value !== undefined) out += `=${singleQuote(v.value)}`;
    out += "\n";
  }
  return out;
}

function mark(name: string, flag: number): Builtin["run"] {
  return (sh, argv) => {
    const { given, rest } = options(sh, argv, flag === EXPORT ? "np" : "p");
    if (rest.length === 0 || given.includes("p")) {
      return sh.print(listVars(sh, `${name} `, (v) => (v.flags & flag) !== 0));
    }
    for (const arg of rest) {
      const [variable, value] = splitAssignment(arg);
      if (!isName(variable)) throw sh.error(`${variable}: bad variable name`);
      if (given.includes("n")) {
        const v = sh.ownVars().cell(variable);
        v.flags &= ~EXPORT;
        sh.vars.touchEnviron();
        if (value !== undefined) sh.assign(v, value);
        continue;
      }
      if (value !== undefined) sh.set(variable, value, flag);
      else {
        const v = sh.ownVars().cell(variable);
        v.flags |= flag;
        sh.vars.touchEnviron();
      }
    }
    return 0;
  };
}

function localMain(sh: Shell, argv: readonly string[]): number {
  if (sh.locals.length === 0 || sh.funcNest === 0) throw sh.error("not in a function");
  for (const arg of argv.slice(1)) {
    const [name, value] = splitAssignment(arg);
    if (arg === "-") {
      sh.makeOptionsLocal();
      continue;
    }
    if (!isName(name)) throw sh.error(`${name}: bad variable name`);
    const frame = sh.locals[sh.locals.length - 1] ?? [];
    const known = frame.some((saved) => saved.v.name === name);
    const v = known ? sh.ownVars().cell(name) : sh.makeLocal(name);
    // Without a value it is unset, whatever it was outside.
    if (value !== undefined || !known) sh.assign(v, value);
  }
  return 0;
}

function unsetMain(sh: Shell, argv: readonly string[]): number {
  const { given, rest } = options(sh, argv, "vf");
  const functions = given.endsWith("f");
  for (const name of rest) {
    if (functions) {
      if (sh.functions.has(name)) sh.ownFunctions().delete(name);
      continue;
    }
    if (!isName(name)) throw sh.error(`${name}: bad variable name`);
    sh.unset(name);
  }
  return 0;
}

function setMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  if (argv.length === 1) {
    return sh.print(
      listVars(sh, "", (v) => v.value !== undefined || (v.flags & (DYNAMIC | HIDDEN)) === DYNAMIC),
    );
  }
  return setOptions(sh, argv);
}

function shiftMain(sh: Shell, argv: readonly string[]): number {
  const n = argv[1] === undefined ? 1 : numberArgument(sh, argv[1]);
  if (n > sh.params.length) return 1;
  sh.params = sh.params.slice(n);
  sh.getopts = { index: 1, offset: 0 };
  return 0;
}

function getoptsMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const [, spec, name] = argv;
  if (spec === undefined || name === undefined) {
    throw sh.error("usage: getopts optstring var [arg]");
  }
  const args = argv.length > 3 ? argv.slice(3) : sh.params;
  const silent = spec.startsWith(":");
  const loud = sh.get("OPTERR") !== "0";
  let { index, offset } = sh.getopts;
  let message = "";
  let option: string;
  let done = false;
  const arg = args[index - 1];
  if (offset === 0 || arg === undefined || offset >= arg.length) {
    // On to the next word; the one before is used up.
    if (offset > 0) index++;
    offset = 0;
    const word = args[index - 1];
    if (word === undefined || !word.startsWith("-") || word === "-") done = true;
    else if (word === "--") {
      index++;
      done = true;
    } else offset = 1;
  }
  if (done) {
    sh.unset("OPTARG");
    sh.set("OPTIND", String(index));
    sh.getopts = { index, offset: 0 };
    setResult(sh, name, "?");
    return 1;
  }
  const word = args[index - 1] as string;
  option = word.charAt(offset++);
  const at = option === ":" ? -1 : spec.indexOf(option, silent ? 1 : 0);
  if (at < 0) {
    if (silent) sh.set("OPTARG", option);
    else {
      if (loud) message = `Illegal option -${option}\n`;
      sh.unset("OPTARG");
    }
    option = "?";
  } else if (spec.charAt(at + 1) === ":") {
    if (offset < word.length) {
      sh.set("OPTARG", word.slice(offset));
      index++;
      offset = 0;
    } else if (args[index] === undefined) {
      index++;
      offset = 0;
      if (silent) {
        sh.set("OPTARG", option);
        option = ":";
      } else {
        if (loud) message = `No arg for -${option} option\n`;
        sh.unset("OPTARG");
        option = "?";
      }
    } else {
      sh.set("OPTARG", args[index] as string);
      index += 2;
      offset = 0;
    }
  } else sh.set("OPTARG", "");
  if (offset >= word.length) {
    index++;
    offset = 0;
  }
  // In the midst of a word it is the next word's number already.
  sh.set("OPTIND", String(offset > 0 ? index + 1 : index));
  sh.getopts = { index, offset };
  setResult(sh, name, option);
  return message === "" ? 0 : sh.print2(message, 0);
}

function setResult(sh: Shell, name: string, value: string): void {
  if (!isName(name)) throw sh.error(`${name}: bad variable name`);
  sh.set(name, value);
}

function letMain(sh: Shell, argv: readonly string[]): number {
  if (argv.length < 2) throw sh.error("expression expected");
  let value: ArithValue = 0;
  try {
    for (const arg of argv.slice(1)) value = sh.arithCache.compile(arg)(sh);
  } catch (e) {
    if (e instanceof ArithError) throw sh.error(e.message);
    throw e;
  }
  return value === 0 ? 1 : 0;
}

export const VARS = (): readonly Builtin[] => [
  special("export", mark("export", EXPORT), true),
  special("readonly", mark("readonly", READONLY), true),
  special("local", localMain, true),
  special("unset", unsetMain),
  special("set", setMain),
  special("shift", shiftMain),
  regular("getopts", getoptsMain),
  regular("let", letMain),
];

// command -v, type, hash, alias, unalias, help, history (POSIX XCU command, type, hash, alias)
import { Errno } from "../../abi/errno.ts";
import { AT_FDCWD } from "../../abi/fcntl.ts";
import type { Blocking } from "../../abi/program.ts";
import { type Builtin, regular } from "../bltin.ts";
import { findOnPath, STANDARD_PATH } from "../exec.ts";
import type { Shell } from "../shell.ts";
import { KEYWORDS } from "../tokens.ts";
import { hashOrder, singleQuote } from "../var.ts";
import { options } from "./vars.ts";

/** What a name is, told as by `type` ("verbose") or `command -v`. */
function describe(
  sh: Shell,
  name: string,
  verbose: boolean,
  path: string | undefined,
): { text: string; status: number } {
  if (KEYWORDS.includes(name)) {
    return { text: verbose ? `${name} is a shell keyword\n` : `${name}\n`, status: 0 };
  }
  const alias = sh.aliases.get(name);
  if (alias !== undefined) {
    const text = verbose
      ? `${name} is an alias for ${alias}\n`
      : `alias ${name}=${singleQuote(alias)}\n`;
    return { text, status: 0 };
  }
  const builtin = sh.builtins.get(name);
  if (builtin?.special !== true && sh.functions.has(name)) {
    return { text: verbose ? `${name} is a function\n` : `${name}\n`, status: 0 };
  }
  if (builtin !== undefined) {
    const kind = builtin.special ? "special shell builtin" : "shell builtin";
    return { text: verbose ? `${name} is a ${kind}\n` : `${name}\n`, status: 0 };
  }
  let found: string | undefined;
  if (name.includes("/")) {
    if (!(sh.sys.tryStatat(AT_FDCWD, name, 0) instanceof Errno)) found = name;
  } else {
    const known = path === undefined ? sh.hash.get(name) : undefined;
    const entry = known ?? findOnPath(sh.sys, name, path ?? sh.get("PATH") ?? "");
    if (!(entry instanceof Errno)) found = typeof entry === "string" ? entry : entry.path;
  }
  if (found === undefined) return { text: verbose ? `${name}: not found\n` : "", status: 127 };
  return { text: verbose ? `${name} is ${found}\n` : `${found}\n`, status: 0 };
}

/** Only the forms -v and -V come here; eval.ts runs the others. */
function commandMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { given, rest } = options(sh, argv, "pvV");
  const name = rest[0];
  if (name === undefined) return 0;
  const path = given.includes("p") ? STANDARD_PATH : undefined;
  const verbose = given.replaceAll("p", "").endsWith("V");
  const { text, status } = describe(sh, name, verbose, path);
  return sh.print(text, status);
}

function typeMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  let text = "";
  let status = 0;
  // Any one option of bash makes the answers short.
  const short = argv[1]?.startsWith("-") === true;
  for (const name of argv.slice(short ? 2 : 1)) {
    const one = describe(sh, name, !short, undefined);
    text += one.text;
    if (one.status !== 0) status = one.status;
  }
  return sh.print(text, status);
}

function hashMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { given, rest } = options(sh, argv, "r");
  if (given.includes("r")) {
    sh.ownHash().clear();
    return 0;
  }
  if (rest.length === 0) {
    return sh.print(
      hashOrder([...sh.hash.keys()], 31)
        .map((name) => `${sh.hash.get(name)}\n`)
        .join(""),
    );
  }
  let status = 0;
  let complaints = "";
  for (const name of rest) {
    if (name.includes("/") || sh.builtins.has(name) || sh.functions.has(name)) continue;
    const found = findOnPath(sh.sys, name, sh.get("PATH") ?? "");
    if (found instanceof Errno) {
      status = 1;
      complaints += sh.message(`${name}: not found`);
    } else sh.ownHash().set(name, found.path);
  }
  return complaints === "" ? status : sh.print2(complaints, status);
}

function aliasMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const show = (name: string): string => `${name}=${singleQuote(sh.aliases.get(name) ?? "")}\n`;
  if (argv.length === 1) {
    return sh.print(
      hashOrder([...sh.aliases.keys()])
        .map(show)
        .join(""),
    );
  }
  let out = "";
  let complaints = "";
  for (const arg of argv.slice(1)) {
    const eq = arg.indexOf("=", 1);
    if (eq > 0) sh.ownAliases().set(arg.slice(0, eq), arg.slice(eq + 1));
    else if (sh.aliases.has(arg)) out += show(arg);
    else complaints += `alias: ${arg} not found\n`;
  }
  return sh.printBoth(out, complaints, complaints === "" ? 0 : 1);
}

function unaliasMain(sh: Shell, argv: readonly string[]): Blocking<number> {
  const { given, rest } = options(sh, argv, "a");
  if (given.includes("a")) {
    sh.ownAliases().clear();
    return 0;
  }
  let complaints = "";
  for (const name of rest) {
    if (!sh.ownAliases().delete(name)) complaints += `unalias: ${name} not found\n`;
  }
  return complaints === "" ? 0 : sh.print2(complaints, 1);
}

function helpMain(sh: Shell): Blocking<number> {
  let text = "Built-in commands:\n------------------\n";
  let line = "\t";
  for (const name of [...sh.builtins.keys()].sort()) {
    if (line.length > 1 && line.length - 1 + name.length > 65) {
      text += `${line.trimEnd()}\n`;
      line = "\t";
    }
    line += `${name} `;
  }
  return sh.print(`${text}${line.trimEnd()}\n`);
}

function historyMain(sh: Shell): Blocking<number> {
  const { lines } = sh.history;
  return sh.print(lines.map((line, i) => `${String(i).padStart(4)} ${line}\n`).join(""));
}

export const COMMANDS = (): readonly Builtin[] => [
  regular("command", commandMain),
  regular("type", typeMain),
  regular("hash", hashMain),
  regular("alias", aliasMain),
  regular("unalias", unaliasMain),
  regular("help", helpMain),
  regular("history", historyMain),
];

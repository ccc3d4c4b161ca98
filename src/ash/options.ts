// The options of set and sh (POSIX XCU set; ash's own: -I -E, -o vi).

/** Names and letters in the order `set -o` lists them. */
export const OPTIONS: readonly (readonly [name: string, letter: string])[] = [
  ["errexit", "e"],
  ["noglob", "f"],
  ["ignoreeof", "I"],
  ["interactive", "i"],
  ["monitor", "m"],
  ["noexec", "n"],
  ["stdin", "s"],
  ["command", "c"],
  ["xtrace", "x"],
  ["verbose", "v"],
  ["noclobber", "C"],
  ["allexport", "a"],
  ["notify", "b"],
  ["nounset", "u"],
  ["errtrace", "E"],
  ["vi", ""],
  ["pipefail", ""],
];

/** These can be given to sh but not to set, and `set -o` does not list them. */
const HIDDEN = "isc";

export interface Options {
  errexit: boolean;
  noglob: boolean;
  ignoreeof: boolean;
  interactive: boolean;
  monitor: boolean;
  noexec: boolean;
  stdin: boolean;
  command: boolean;
  xtrace: boolean;
  verbose: boolean;
  noclobber: boolean;
  allexport: boolean;
  notify: boolean;
  nounset: boolean;
  errtrace: boolean;
  vi: boolean;
  pipefail: boolean;
}

export type OptionName = keyof Options;

export function noOptions(): Options {
  return {
    errexit: false,
    noglob: false,
    ignoreeof: false,
    interactive: false,
    monitor: false,
    noexec: false,
    stdin: false,
    command: false,
    xtrace: false,
    verbose: false,
    noclobber: false,
    allexport: false,
    notify: false,
    nounset: false,
    errtrace: false,
    vi: false,
    pipefail: false,
  };
}

/** The option of a letter; `shell`: of sh itself rather than of set. */
export function optionOfLetter(letter: string, shell: boolean): OptionName | undefined {
  for (const [name, l] of OPTIONS) {
    if (l === letter && (shell || !HIDDEN.includes(l))) return name as OptionName;
  }
  return undefined;
}

export function optionOfName(name: string): OptionName | undefined {
  for (const [n, l] of OPTIONS) {
    if (n === name && (l === "" || !HIDDEN.includes(l))) return n as OptionName;
  }
  return undefined;
}

/** The value of `$-`. */
export function optionLetters(options: Options): string {
  let out = "";
  for (let i = OPTIONS.length - 1; i >= 0; i--) {
    const [name, letter] = OPTIONS[i] as readonly [string, string];
    if (options[name as OptionName]) out += letter;
  }
  return out;
}

/** What `set -o` and `set +o` print. */
export function listOptions(options: Options, asCommands: boolean): string {
  let out = "";
  for (const [name, letter] of OPTIONS) {
    if (letter !== "" && HIDDEN.includes(letter)) continue;
    const on = options[name as OptionName];
    out += asCommands
      ? `set ${on ? "-" : "+"}o ${name}\n`
      : `${name.padEnd(16)}${on ? "on" : "off"}\n`;
  }
  return out;
}

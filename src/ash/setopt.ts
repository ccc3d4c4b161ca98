// set and the options of sh itself: reading them from arguments and putting them in force.
import type { Blocking } from "../abi/program.ts";
import { isSteps, type Steps } from "../abi/program.ts";
import { startJobControl, stopJobControl } from "./jobcontrol.ts";
import { listOptions, type OptionName, optionOfLetter, optionOfName } from "./options.ts";
import { type Shell, SKIP_NOEXEC } from "./shell.ts";

/** Sets one option, with what follows from it. */
export function setOption(sh: Shell, name: OptionName, on: boolean): Blocking<void> {
  if (name === "monitor") {
    if (on === sh.opts.monitor) return undefined;
    if (on) return startJobControl(sh);
    stopJobControl(sh);
    return undefined;
  }
  sh.opts[name] = on;
  if (name === "errexit") sh.refreshWatch();
  if (name === "noexec" && on && !sh.opts.interactive) sh.skip = SKIP_NOEXEC;
  return undefined;
}

function* change(sh: Shell, changes: readonly [OptionName, boolean][]): Steps<number> {
  for (const [name, on] of changes) {
    const done = setOption(sh, name, on);
    if (done !== undefined) yield* done;
  }
  return 0;
}

/** The set builtin with arguments. */
export function* setOptions(sh: Shell, argv: readonly string[]): Steps<number> {
  let at = 1;
  let params = false;
  const changes: [OptionName, boolean][] = [];
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    const sign = arg.charAt(0);
    if (sign !== "-" && sign !== "+") break;
    if (arg === "--") {
      at++;
      params = true;
      break;
    }
    if (arg === "-") {
      // Ends options, and xtrace and verbose with them.
      changes.push(["xtrace", false], ["verbose", false]);
      at++;
      break;
    }
    const on = sign === "-";
    for (const letter of arg.slice(1)) {
      if (letter === "o") {
        const name = argv[at + 1];
        if (name === undefined) {
          yield* change(sh, changes);
          const shown = sh.print(listOptions(sh.opts, !on));
          if (isSteps(shown)) yield* shown;
          return 0;
        }
        const option = optionOfName(name);
        if (option === undefined) {
          yield* change(sh, changes);
          const c = sh.complain(`illegal option ${sign}o ${name}`, 1);
          return isSteps(c) ? yield* c : c;
        }
        at++;
        changes.push([option, on]);
        continue;
      }
      const option = optionOfLetter(letter, false);
      if (option === undefined) throw sh.error(`illegal option ${sign}${letter}`);
      changes.push([option, on]);
    }
  }
  const status = yield* change(sh, changes);
  if (params || at < argv.length) {
    sh.params = argv.slice(at);
    sh.getopts = { index: 1, offset: 0 };
  }
  return status;
}

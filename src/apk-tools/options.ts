// Reading a command line: options anywhere, long names cut short, yes/no/auto values (apk(8), getopt_long(3)).
import type { Applet, OptionSpec } from "./applet.ts";
import type { Settings } from "./context.ts";
import {
  commitOptions,
  generationOptions,
  globalOptions,
  queryOptions,
  type SettingSpec,
  sourceOptions,
} from "./settings.ts";

/** Options with a heading, as help shows them. */
export interface OptionGroup {
  readonly title: string;
  readonly options: readonly (OptionSpec | SettingSpec)[];
}

/** Everything a command takes, the command's own last; without a command, the global ones. */
export function optionGroups(applet: Applet | undefined): OptionGroup[] {
  const groups: OptionGroup[] = [{ title: "Global", options: globalOptions() }];
  if (applet === undefined) return groups;
  const has = (name: (typeof applet.optionGroups)[number]): boolean =>
    applet.optionGroups.includes(name);
  if (has("commit")) groups.push({ title: "Commit", options: commitOptions() });
  if (has("source") || has("query")) groups.push({ title: "Source", options: sourceOptions() });
  if (has("query")) groups.push({ title: "Query", options: queryOptions() });
  if (has("generation")) groups.push({ title: "Generation", options: generationOptions() });
  if (applet.options.length > 0) {
    const title = (applet.name[0] as string).toUpperCase() + applet.name.slice(1);
    groups.push({ title, options: applet.options });
  }
  return groups;
}

/** A way to write an option. */
interface Spelling {
  readonly spec: OptionSpec | SettingSpec;
  /** "--no-x". */
  readonly negated: boolean;
}

/** The options of a command by their names. */
export class OptionTable {
  readonly #long = new Map<string, Spelling>();
  readonly #letters = new Map<string, OptionSpec | SettingSpec>();

  constructor(groups: readonly OptionGroup[]) {
    // The command's own names win over its groups', and those over the global ones.
    for (const { options } of groups) {
      for (const spec of options) {
        for (const name of [spec.name, ...(spec.aliases ?? [])]) {
          this.#long.set(name, { spec, negated: false });
          if (spec.bool !== undefined) this.#long.set(`no-${name}`, { spec, negated: true });
        }
        if (spec.letter !== undefined) this.#letters.set(spec.letter, spec);
      }
    }
  }

  letter(letter: string): OptionSpec | SettingSpec | undefined {
    return this.#letters.get(letter);
  }

  /** By its whole name, or the beginning of only one; "ambiguous" for the beginning of several. */
  long(name: string): Spelling | "ambiguous" | undefined {
    const exact = this.#long.get(name);
    if (exact !== undefined) return exact;
    let found: Spelling | undefined;
    for (const [known, spelling] of this.#long) {
      if (!known.startsWith(name)) continue;
      if (
        found !== undefined &&
        (found.spec !== spelling.spec || found.negated !== spelling.negated)
      )
        return "ambiguous";
      found = spelling;
    }
    return found;
  }
}

/** What a command line says. */
export interface CommandLine {
  /** First thing wrong: after it nothing was read. */
  readonly error: string | undefined;
  readonly help: boolean;
  readonly version: boolean;
  readonly printArch: boolean;
  /** The command's own options. */
  readonly options: Map<string, string[]>;
  readonly operands: readonly string[];
}

/** Takes one option; "" or what is wrong. */
function take(
  spec: OptionSpec | SettingSpec,
  value: string,
  settings: Settings,
  options: Map<string, string[]>,
): string {
  if ("set" in spec) {
    if (!spec.set(settings, value)) return `invalid argument for option '${spec.name}': '${value}'`;
    return "";
  }
  const values = options.get(spec.name);
  if (values === undefined) options.set(spec.name, [value]);
  else values.push(value);
  return "";
}

/** One long option with what may stand behind its "="; "" or what is wrong, and whether the next word was used. */
export function takeLong(
  table: OptionTable,
  name: string,
  attached: string | undefined,
  next: string | undefined,
  settings: Settings,
  options: Map<string, string[]>,
): { error: string; usedNext: boolean; name: string } {
  const spelling = table.long(name);
  const wrong = (error: string): { error: string; usedNext: boolean; name: string } => ({
    error,
    usedNext: false,
    name,
  });
  if (spelling === undefined) return wrong(`unrecognized option: ${name}`);
  if (spelling === "ambiguous") return wrong(`ambiguous option '${name}'`);
  const { spec, negated } = spelling;
  if (spec.value !== undefined) {
    const value = attached ?? next;
    if (value === undefined) return wrong(`option '${spec.name}' expects an argument`);
    const error = take(spec, value, settings, options);
    return { error, usedNext: attached === undefined, name: spec.name };
  }
  if (attached !== undefined) {
    if (spec.bool === undefined || negated)
      return wrong(`option '${negated ? "no-" : ""}${spec.name}' does not expect argument`);
    if (attached !== "yes" && attached !== "no" && !(spec.bool === "auto" && attached === "auto"))
      return wrong(`invalid argument for option '${spec.name}': '${attached}'`);
  }
  const value = attached ?? (negated ? "no" : spec.bool === undefined ? "" : "yes");
  return { error: take(spec, value, settings, options), usedNext: false, name: spec.name };
}

/** The letters of one word, "-pvalue" or "-p value" for those with a value; as {@link takeLong}. */
function takeLetters(
  table: OptionTable,
  word: string,
  next: string | undefined,
  settings: Settings,
  options: Map<string, string[]>,
  seen: Set<string>,
): { error: string; usedNext: boolean } {
  for (let k = 1; k < word.length; k++) {
    const letter = word[k] as string;
    const spec = table.letter(letter);
    if (spec === undefined) return { error: `unrecognized option: ${letter}`, usedNext: false };
    seen.add(spec.name);
    if (spec.value !== undefined) {
      const attached = k + 1 < word.length;
      const value = attached ? word.slice(k + 1) : next;
      if (value === undefined)
        return { error: `option '${letter}' expects an argument`, usedNext: false };
      return { error: take(spec, value, settings, options), usedNext: !attached };
    }
    const error = take(spec, spec.bool === undefined ? "" : "yes", settings, options);
    if (error !== "") return { error, usedNext: false };
  }
  return { error: "", usedNext: false };
}

/** Reads the arguments behind "apk" and changes `settings` as they say. */
export function parseCommandLine(
  args: readonly string[],
  applet: Applet | undefined,
  settings: Settings,
): CommandLine {
  const table = new OptionTable(optionGroups(applet));
  const options = new Map<string, string[]>();
  const operands: string[] = [];
  const seen = new Set<string>();
  let error = "";
  for (let i = 0; i < args.length && error === ""; i++) {
    const arg = args[i] as string;
    if (arg === "--") {
      operands.push(...args.slice(i + 1));
      break;
    }
    if (!arg.startsWith("-") || arg === "-") {
      operands.push(arg);
      continue;
    }
    let taken: { error: string; usedNext: boolean };
    if (arg.startsWith("--")) {
      const eq = arg.indexOf("=");
      const name = arg.slice(2, eq < 0 ? undefined : eq);
      const attached = eq < 0 ? undefined : arg.slice(eq + 1);
      const long = takeLong(table, name, attached, args[i + 1], settings, options);
      seen.add(long.name);
      taken = long;
    } else taken = takeLetters(table, arg, args[i + 1], settings, options, seen);
    error = taken.error;
    if (taken.usedNext) i++;
  }
  return {
    error: error === "" ? undefined : error,
    help: seen.has("help"),
    version: seen.has("version"),
    printArch: seen.has("print-arch"),
    options,
    operands,
  };
}

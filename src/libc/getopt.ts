// getopt(3) and getopt_long(3) as BusyBox's applets use them: options may follow operands, long names
// may be cut short, and wrong usage ends the program with a message and the usage text.
//
//     const opt = getopt(p, "n:qv", { long: { lines: "n", quiet: "q" }, min: 1 });
//     if (opt.has("q")) …   opt.get("n") → string | undefined   opt.operands → string[]
//
// The spec: a letter for a flag, "x:" takes a value, "x::" may have one attached ("-x5"). "+" in front
// stops at the first operand, for commands that run a command. Repeats are counted (`count`) and all
// values kept (`all`).
import type { Process } from "./process.ts";

export interface OptionRules {
  /**
   * Long names: the letter each stands for, or for those without a letter a key of its own, followed by
   * ":" or "::" as in the spec: `{ recursive: "R", parents: "parents", color: "color::" }`.
   */
  long?: Readonly<Record<string, string>>;
  /** Fewest and most operands; outside of it is wrong usage. */
  min?: number;
  max?: number;
  /** Of each group only the last one given counts: `["HLP"]`. */
  last?: readonly string[];
  /** Of each group only one may be given: `["bcf"]`. */
  exclusive?: readonly string[];
  /** One of each group must be given: `["bcf"]`. */
  required?: readonly string[];
  /** Letters that stand for several, set with the letter itself: `{ A: "vte" }`. No circles. */
  implies?: Readonly<Record<string, string>>;
  /** `-NUM` as first argument stands for this option: "n" makes `head -5` mean `head -n 5`. */
  number?: string;
}

/** What was given on a command line. */
export class Options {
  /** Arguments that are no options. */
  readonly operands: string[] = [];
  /** Every option in order of appearance, with its value if it has one. */
  readonly given: [key: string, value: string | undefined][] = [];
  readonly #values = new Map<string, (string | undefined)[]>();

  has(key: string): boolean {
    return this.#values.has(key);
  }
  /** How often it was given. */
  count(key: string): number {
    return this.#values.get(key)?.length ?? 0;
  }
  /** Its last value; undefined when it was not given or came without one. */
  get(key: string): string | undefined {
    return this.#values.get(key)?.at(-1);
  }
  /** All its values in order. */
  all(key: string): string[] {
    return (this.#values.get(key) ?? []).filter((v) => v !== undefined);
  }
  /** Which of these letters was given last (of flags that exclude each other). */
  lastOf(keys: string): string | undefined {
    return this.given.findLast(([key]) => keys.includes(key))?.[0];
  }

  set(key: string, value?: string): void {
    this.given.push([key, value]);
    const values = this.#values.get(key);
    if (values === undefined) this.#values.set(key, [value]);
    else values.push(value);
  }
  delete(key: string): void {
    this.#values.delete(key);
  }
}

type Arity = 0 | 1 | 2;

function arityAt(spec: string, i: number): Arity {
  return spec[i] !== ":" ? 0 : spec[i + 1] !== ":" ? 1 : 2;
}

/** Option letters of a spec with what value each takes: 0 none, 1 one, 2 an attached one if any. */
function parseSpec(spec: string): Map<string, Arity> {
  const letters = new Map<string, Arity>();
  for (let i = spec.startsWith("+") ? 1 : 0; i < spec.length; i++)
    if (spec[i] !== ":") letters.set(spec.charAt(i), arityAt(spec, i + 1));
  return letters;
}

/** Reads `args`, by default the program's own arguments. Ends the program on wrong usage. */
export function getopt(
  p: Process,
  spec: string,
  rules: OptionRules = {},
  args: readonly string[] = p.argv.slice(1),
): Options {
  const letters = parseSpec(spec);
  const opt = new Options();
  let at = 0;

  const put = (key: string, given?: string): void => {
    opt.set(key, given);
    for (const other of rules.implies?.[key] ?? "") put(other);
  };

  const value = (key: string, arity: Arity, attached: string | undefined, shown: string): void => {
    if (arity === 1 && attached === undefined) {
      if (at >= args.length) p.usageError(`option requires an argument: ${shown}`);
      attached = args[at++];
    }
    put(key, attached);
  };

  const long = (text: string): void => {
    const eq = text.indexOf("=");
    const name = eq < 0 ? text : text.slice(0, eq);
    const names = Object.entries(rules.long ?? {}).filter(([n]) => n.startsWith(name));
    const target = names.find(([n]) => n === name) ?? names[0];
    if (target === undefined) p.usageError(`unrecognized option: ${text}`);
    if (target[0] !== name && names.some(([, key]) => key !== target[1]))
      p.usageError(`option is ambiguous: ${name}`);
    const colon = target[1].indexOf(":");
    const key = colon < 0 ? target[1] : target[1].slice(0, colon);
    const arity = colon < 0 ? (letters.get(key) ?? 0) : arityAt(target[1], colon);
    if (arity === 0 && eq >= 0) p.usageError(`option does not take an argument: ${name}`);
    value(key, arity, eq < 0 ? undefined : text.slice(eq + 1), name);
  };

  const cluster = (arg: string): void => {
    for (let i = 1; i < arg.length; i++) {
      const c = arg.charAt(i);
      const arity = c === ":" ? undefined : letters.get(c);
      if (arity === undefined) p.usageError(`unrecognized option: ${c}`);
      if (arity === 0) put(c);
      else {
        value(c, arity, i + 1 < arg.length ? arg.slice(i + 1) : undefined, c);
        return;
      }
    }
  };

  if (rules.number !== undefined && /^-[0-9]/.test(args[0] ?? ""))
    put(rules.number, (args[at++] as string).slice(1));
  while (at < args.length) {
    const arg = args[at++] as string;
    if (arg === "--") break;
    if (arg.length < 2 || arg[0] !== "-") {
      opt.operands.push(arg);
      if (spec.startsWith("+")) break;
    } else if (arg[1] === "-" && rules.long !== undefined) long(arg.slice(2));
    else if (arg[1] === "-") p.usageError(`unrecognized option: ${arg.slice(2)}`);
    else cluster(arg);
  }
  for (; at < args.length; at++) opt.operands.push(args[at] as string);
  apply(p, opt, rules);
  return opt;
}

function apply(p: Process, opt: Options, rules: OptionRules): void {
  for (const group of rules.last ?? []) {
    const last = opt.lastOf(group);
    for (const key of group) if (key !== last) opt.delete(key);
  }
  for (const group of rules.exclusive ?? [])
    if ([...group].filter((key) => opt.has(key)).length > 1) p.usageError();
  for (const group of rules.required ?? [])
    if (![...group].some((key) => opt.has(key))) p.usageError();
  const n = opt.operands.length;
  if (n < (rules.min ?? 0) || n > (rules.max ?? Infinity)) p.usageError();
}

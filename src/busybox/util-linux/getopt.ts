// getopt: reads the options of shell scripts (getopt(1) of util-linux)
import type { Steps } from "../../abi/program.ts";
import { getopt as readOptions } from "../../libc/getopt.ts";
import { die, type Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

/** What an option takes: 0 nothing, 1 a value, 2 an attached one if any. */
type Arity = 0 | 1 | 2;

interface Spec {
  short: ReadonlyMap<string, Arity>;
  long: ReadonlyMap<string, Arity>;
  /** "+": options end at the first operand; "-": operands stay where they are. */
  order: "" | "+" | "-";
  /** -a: "-name" is a long option too. */
  alternative: boolean;
}

function arityOf(colons: string): Arity {
  return colons.startsWith("::") ? 2 : colons.startsWith(":") ? 1 : 0;
}

function parseShort(text: string): Map<string, Arity> {
  const short = new Map<string, Arity>();
  for (const m of text.matchAll(/([^:])(:{0,2})/gs)) short.set(m[1] ?? "", arityOf(m[2] ?? ""));
  return short;
}

function parseLong(lists: readonly string[]): Map<string, Arity> {
  const long = new Map<string, Arity>();
  for (const list of lists)
    for (const item of list.split(/[,\s]+/)) {
      const name = item.replace(/:{1,2}$/, "");
      if (name !== "") long.set(name, arityOf(item.slice(name.length)));
    }
  return long;
}

/** Puts options in order: what they come to, what is wrong with them, and the operands. */
class Reader {
  readonly #spec: Spec;
  readonly #args: readonly string[];
  #at = 0;
  /** Options with their values, quoted. */
  readonly out: string[] = [];
  readonly errors: string[] = [];
  readonly operands: string[] = [];
  readonly #quote: (s: string) => string;

  constructor(spec: Spec, args: readonly string[], quote: (s: string) => string) {
    this.#spec = spec;
    this.#args = args;
    this.#quote = quote;
  }

  #put(shown: string, name: string, arity: Arity, attached: string | undefined): void {
    let value = attached;
    if (arity === 1 && value === undefined) {
      if (this.#at >= this.#args.length) {
        this.errors.push(`option requires an argument: ${name}`);
        return;
      }
      value = this.#args[this.#at++];
    }
    this.out.push(arity === 0 ? shown : `${shown} ${this.#quote(value ?? "")}`);
  }

  /** False when there is no such option and `must` is not set. */
  #long(text: string, must: boolean): boolean {
    const eq = text.indexOf("=");
    const given = eq < 0 ? text : text.slice(0, eq);
    const { long } = this.#spec;
    const names = long.has(given) ? [given] : [...long.keys()].filter((n) => n.startsWith(given));
    const [name] = names;
    if (name === undefined) {
      if (must) this.errors.push(`unrecognized option: ${text}`);
      return must;
    }
    if (names.length > 1) {
      this.errors.push(`option is ambiguous: ${given}`);
      return true;
    }
    const arity = long.get(name) as Arity;
    if (arity === 0 && eq >= 0) this.errors.push(`option does not take an argument: ${name}`);
    else this.#put(`--${name}`, name, arity, eq < 0 ? undefined : text.slice(eq + 1));
    return true;
  }

  #cluster(arg: string): void {
    for (let i = 1; i < arg.length; i++) {
      const c = arg.charAt(i);
      const arity = this.#spec.short.get(c);
      if (arity === undefined) this.errors.push(`unrecognized option: ${c}`);
      else if (arity === 0) this.out.push(`-${c}`);
      else {
        this.#put(`-${c}`, c, arity, i + 1 < arg.length ? arg.slice(i + 1) : undefined);
        return;
      }
    }
  }

  read(): void {
    const { long, short, order, alternative } = this.#spec;
    while (this.#at < this.#args.length) {
      const arg = this.#args[this.#at++] as string;
      if (arg === "--") break;
      if (arg.length < 2 || !arg.startsWith("-")) {
        if (order === "-") this.out.push(this.#quote(arg));
        else this.operands.push(arg);
        if (order === "+") break;
      } else if (arg.startsWith("--") && long.size > 0) this.#long(arg.slice(2), true);
      else if (
        !alternative ||
        (arg.length === 2 && short.has(arg.charAt(1))) ||
        !this.#long(arg.slice(1), false)
      )
        this.#cluster(arg);
    }
    this.operands.push(...this.#args.slice(this.#at));
  }
}

function quoteSh(s: string): string {
  return `'${s.replaceAll("'", "'\\''")}'`;
}

function quoteCsh(s: string): string {
  const inner = s.replace(/['!\n\s]/g, (c) =>
    c === "\n" ? "\\n" : c === "'" ? "'\\''" : `'\\${c}'`,
  );
  return `'${inner}'`;
}

function* main(p: Process): Steps<number> {
  const args = p.argv.slice(1);
  const compatible = p.env.has("GETOPT_COMPATIBLE") || args[0]?.startsWith("-") !== true;
  if (args.length === 0) {
    if (!p.env.has("GETOPT_COMPATIBLE")) die("missing optstring argument");
    const w = p.stdout.puts(" --\n");
    if (w) yield* w;
    return 0;
  }
  let quote: (s: string) => string = (s) => s;
  let optstring: string;
  let rest: readonly string[];
  let errorName = p.progname;
  let [quiet, silent] = [false, false];
  let long = new Map<string, Arity>();
  let alternative = false;
  let order: Spec["order"] = "";
  if (compatible) {
    optstring = (args[0] ?? "").replace(/^[+-]/, "");
    rest = args.slice(1);
  } else {
    const opt = readOptions(p, "+o:n:qQs:Tual:", {
      long: {
        options: "o",
        longoptions: "l",
        quiet: "q",
        "quiet-output": "Q",
        shell: "s",
        test: "T",
        unquoted: "u",
        alternative: "a",
        name: "n",
      },
    });
    if (opt.has("T")) return 4;
    const shell = opt.get("s") ?? "bash";
    if (!["bash", "sh", "csh", "tcsh"].includes(shell))
      yield* p.warnx(`unknown shell '${shell}', assuming bash`);
    if (!opt.has("u")) quote = shell === "csh" || shell === "tcsh" ? quoteCsh : quoteSh;
    rest = opt.operands;
    const given = opt.get("o");
    if (given === undefined) {
      optstring = rest[0] ?? die("missing optstring argument");
      rest = rest.slice(1);
    } else optstring = given;
    if (optstring.startsWith("+")) order = "+";
    else if (optstring.startsWith("-")) order = "-";
    optstring = optstring.slice(order.length);
    errorName = opt.get("n") ?? errorName;
    quiet = opt.has("q");
    silent = opt.has("Q");
    alternative = opt.has("a");
    long = parseLong(opt.all("l"));
  }
  // A colon in front keeps errors quiet, as for getopt(3).
  if (optstring.startsWith(":")) quiet = true;
  const spec: Spec = { short: parseShort(optstring), long, order, alternative };
  const reader = new Reader(spec, rest, quote);
  reader.read();
  if (!quiet)
    for (const text of reader.errors) {
      const w = p.stderr.puts(`${errorName}: ${text}\n`);
      if (w) yield* w;
    }
  if (!silent) {
    const words = [...reader.out, "--", ...reader.operands.map(quote)];
    const w = p.stdout.puts(`${words.map((word) => ` ${word}`).join("")}\n`);
    if (w) yield* w;
  }
  return reader.errors.length > 0 ? 1 : 0;
}

export const getopt: Applet = {
  name: "getopt",
  path: "/bin/getopt",
  usage: `[OPTIONS] [--] OPTSTRING PARAMS

Put the options of a script in order: eval set -- "$(getopt -o ab: -- "$@")"

	-a		Long options may begin with one -
	-l LOPT[,...]	Long options
	-n PROGNAME	Who complains
	-o OPTSTRING	Short options
	-q		No complaints
	-Q		No output
	-s SHELL	Quote for sh, bash, csh, tcsh
	-T		Test for this version: status 4
	-u		Do not quote
`,
  main,
};

// expr: evaluate an expression (POSIX expr; match, substr, index, length, quote as in GNU)
import type { Steps } from "../../abi/program.ts";
import { die, type Process } from "../../libc/process.ts";
import { RegexError, regcomp } from "../../libc/regex/regex.ts";
import type { Applet } from "../libbb/applet.ts";

/** 64-bit numbers are results of arithmetic; everything else is text until a number is asked for. */
type Value = bigint | string;

const STATUS = 2;
const DEPTH_MAX = 1000;
const MAX = 2n ** 63n - 1n;

function isNull(v: Value): boolean {
  return typeof v === "bigint" ? v === 0n : v === "" || v === "0";
}

/** The number that a value is, if it is one; what is too big becomes the biggest (strtoll). */
function numberOf(v: Value): bigint | undefined {
  if (typeof v === "bigint") return v;
  const m = /^[ \t\n]*([+-]?)([0-9]+)$/.exec(v);
  if (m === null) return undefined;
  const digits = (m[2] as string).replace(/^0+(?=.)/, "");
  const n = digits.length > 20 ? MAX + 1n : BigInt(digits);
  if (m[1] === "-") return n > MAX ? -MAX - 1n : -n;
  return n > MAX ? MAX : n;
}

function arithmetic(op: string, a: Value, b: Value): bigint {
  const [x, y] = [numberOf(a), numberOf(b)];
  if (x === undefined || y === undefined) return die("non-numeric argument", STATUS);
  if ((op === "/" || op === "%") && y === 0n) die("division by zero", STATUS);
  const r =
    op === "+" ? x + y : op === "-" ? x - y : op === "*" ? x * y : op === "/" ? x / y : x % y;
  return BigInt.asIntN(64, r);
}

function compare(op: string, a: Value, b: Value): bigint {
  const [x, y] = [numberOf(a), numberOf(b)];
  let order: number;
  if (x !== undefined && y !== undefined) order = x < y ? -1 : x > y ? 1 : 0;
  else {
    const [s, t] = [String(a), String(b)];
    order = s < t ? -1 : s > t ? 1 : 0;
  }
  const holds =
    op === "<"
      ? order < 0
      : op === "<="
        ? order <= 0
        : op === ">"
          ? order > 0
          : op === ">="
            ? order >= 0
            : op === "!="
              ? order !== 0
              : order === 0;
  return holds ? 1n : 0n;
}

/** The first group of an anchored match, or without groups its length. */
function match(text: string, pattern: string): Value {
  try {
    const re = regcomp(pattern, 0, { utf8: true });
    const found = re.exec(text);
    const here = found !== undefined && found[0] === 0 ? found : undefined;
    if (re.nsub > 0) {
      const [from = -1, to = -1] = here?.subarray(2, 4) ?? [];
      return from >= 0 ? text.slice(from, to) : "";
    }
    return BigInt(here?.[1] ?? 0);
  } catch (e) {
    if (!(e instanceof RegexError)) throw e;
    return die(`bad regex '${pattern}': ${e.message}`, STATUS);
  }
}

const LEVELS: readonly (readonly string[])[] = [
  ["|"],
  ["&"],
  ["<", "<=", "=", "==", "!=", ">=", ">"],
  ["+", "-"],
  ["*", "/", "%"],
  [":"],
];

class Expression {
  readonly #args: readonly string[];
  #at = 0;
  #depth = 0;

  constructor(args: readonly string[]) {
    this.#args = args;
  }

  whole(): Value {
    const v = this.#level(0);
    return this.#at < this.#args.length ? die("syntax error", STATUS) : v;
  }

  #next(): string {
    const arg = this.#args[this.#at++];
    return arg === undefined ? die("syntax error", STATUS) : arg;
  }

  #level(n: number): Value {
    const ops = LEVELS[n];
    if (ops === undefined) return this.#primary();
    let left = this.#level(n + 1);
    for (;;) {
      const op = this.#args[this.#at];
      if (op === undefined || !ops.includes(op)) return left;
      this.#at++;
      const right = this.#level(n + 1);
      if (op === "|") left = isNull(left) ? right : left;
      else if (op === "&") left = isNull(left) || isNull(right) ? 0n : left;
      else if (n === 2) left = compare(op, left, right);
      else if (op === ":") left = match(String(left), String(right));
      else left = arithmetic(op, left, right);
    }
  }

  #primary(): Value {
    if (++this.#depth > DEPTH_MAX) die("syntax error", STATUS);
    const v = this.#word(this.#next());
    this.#depth--;
    return v;
  }

  #word(word: string): Value {
    switch (word) {
      case "quote":
        return this.#next();
      case "(": {
        const v = this.#level(0);
        return this.#next() === ")" ? v : die("syntax error", STATUS);
      }
      case ")":
        return die("syntax error", STATUS);
      case "length":
        return BigInt(String(this.#primary()).length);
      case "match": {
        const text = String(this.#primary());
        return match(text, String(this.#primary()));
      }
      case "index": {
        const text = String(this.#primary());
        const chars = String(this.#primary());
        for (let i = 0; i < text.length; i++)
          if (chars.includes(text.charAt(i))) return BigInt(i + 1);
        return 0n;
      }
      case "substr": {
        const text = String(this.#primary());
        const from = numberOf(this.#primary());
        const length = numberOf(this.#primary());
        if (from === undefined || length === undefined || from <= 0n || length <= 0n) return "";
        const start = Number(from) - 1;
        return text.slice(start, start + Number(length));
      }
      default:
        return word;
    }
  }
}

function* main(p: Process): Steps<number> {
  if (p.argv.length < 2) die("too few arguments", STATUS);
  const v = new Expression(p.argv.slice(1)).whole();
  const w = p.stdout.puts(`${v}\n`);
  if (w) yield* w;
  return isNull(v) ? 1 : 0;
}

export const expr: Applet = {
  name: "expr",
  path: "/usr/bin/expr",
  usage: `EXPRESSION

Print the value of EXPRESSION, whose parts are arguments each

	A | B		A unless that is empty or 0, else B
	A & B		A if neither is empty or 0, else 0
	A < B		1 or 0; also <= = == != >= >
	A + B		Also - * / %
	STRING : RE	What the anchored RE matches: its length, or the first group
	match STRING RE	The same
	substr STRING POS LENGTH
	index STRING CHARS
	length STRING
	quote WORD	WORD, whatever it would mean otherwise
	( EXPRESSION )

The status is 1 when the value is empty or 0, 2 when something is wrong
`,
  main,
};

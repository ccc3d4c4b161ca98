// The functions of awk.
import type { Steps } from "../../../abi/program.ts";
import { CLOCK_REALTIME } from "../../../abi/resource.ts";
import { emptyTm } from "../../../libc/time/civil.ts";
import { strftime } from "../../../libc/time/strftime.ts";
import { localtime, mktime } from "../../../libc/time/zone.ts";
import { timezone } from "../../../libc/tzset.ts";
import type { AwkArray } from "./array.ts";
import type { Expr, Lvalue } from "./ast.ts";
import { type Ex, genEx, lift, numEx, strEx, valEx } from "./closures.ts";
import type { ExpressionCompiler } from "./expressions.ts";
import { type FormatArguments, toInt } from "./format.ts";
import { parseReplacement } from "./patterns.ts";
import { Random } from "./random.ts";
import { separator, splitText } from "./record.ts";
import type { Runtime } from "./runtime.ts";
import { fromOutside, StrNum, toNumber, type Value } from "./value.ts";

/** Least arguments of those functions that need some. */
const LEAST: Readonly<Record<string, number>> = {
  and: 2,
  atan2: 2,
  close: 1,
  compl: 1,
  cos: 1,
  exp: 1,
  gensub: 3,
  gsub: 2,
  index: 2,
  int: 1,
  log: 1,
  lshift: 2,
  match: 2,
  mktime: 1,
  or: 2,
  rshift: 2,
  sin: 1,
  split: 2,
  sprintf: 1,
  sqrt: 1,
  sub: 2,
  substr: 2,
  system: 1,
  tolower: 1,
  toupper: 1,
  xor: 2,
};

function isLvalue(e: Expr): e is Lvalue {
  return e.type === "var" || e.type === "index" || e.type === "field";
}

/** A double as a 64-bit integer without sign. */
function bits(x: number): bigint {
  if (!Number.isFinite(x)) return 0x8000000000000000n;
  return BigInt.asUintN(64, BigInt(Math.trunc(x)));
}

/** int(): the whole part, by way of long long. */
function whole(x: number): number {
  const n = Math.trunc(x);
  return n >= -(2 ** 63) && n < 2 ** 63 ? n + 0 : -(2 ** 63);
}

function now(rt: Runtime): number {
  return rt.sys.clock_gettime(CLOCK_REALTIME).sec;
}

/** Arguments of printf and sprintf. */
export function formatArguments(rt: Runtime, args: readonly Ex[], from: number): FormatArguments {
  // Each argument is evaluated once, when it is first asked for by its number.
  const values = args.slice(from).map((arg) => arg.val());
  return {
    count: values.length,
    number: (i) => toNumber(values[i]),
    text: (i) => rt.toStr(values[i]),
    isNumber: (i) => typeof values[i] === "number" || values[i] instanceof StrNum,
  };
}

export function compileBuiltin(
  c: ExpressionCompiler,
  name: string,
  args: readonly Expr[],
  line: number,
): Ex {
  const { rt } = c;
  if (args.length < (LEAST[name] ?? 0)) c.fail(line, "Too few arguments");
  switch (name) {
    case "length":
      return length(c, args);
    case "split":
      return split(c, args);
    case "sub":
    case "gsub":
      return substitute(c, name === "gsub", args);
    case "gensub":
      return gensub(c, args);
    case "match": {
      const [text, re] = args as [Expr, Expr];
      const parts = [c.compile(text), c.compile(re.type === "regex" ? text : re)];
      return lift(rt, parts, ([t, r]) => {
        const pattern = c.patternOf(re, r as Ex);
        const str = (t as Ex).str;
        const start = rt.cell("RSTART");
        const count = rt.cell("RLENGTH");
        return numEx(rt, () => {
          const s = str();
          const m = pattern().first(s, 0);
          start.v = m === undefined ? 0 : m[0] + 1;
          count.v = m === undefined ? -1 : m[1] - m[0];
          return start.v;
        });
      });
    }
    default:
  }
  const compiled = args.map((arg) => c.compile(arg));
  return lift(rt, compiled, (parts) => simple(c, name, parts));
}

function simple(c: ExpressionCompiler, name: string, parts: readonly Ex[]): Ex {
  const { rt } = c;
  const [a, b, d] = parts as [Ex, Ex, Ex | undefined];
  const real = (f: (x: number) => number): Ex => numEx(rt, () => f(a.num()));
  const integers = (f: (x: bigint, y: bigint) => bigint): Ex =>
    numEx(rt, () => {
      const x = bits(a.num());
      return Number(BigInt.asUintN(64, f(x, bits(b.num()))));
    });
  switch (name) {
    case "int":
      return real(whole);
    case "sqrt":
      return real(Math.sqrt);
    case "exp":
      return real(Math.exp);
    case "log":
      return real(Math.log);
    case "sin":
      return real(Math.sin);
    case "cos":
      return real(Math.cos);
    case "atan2":
      return numEx(rt, () => {
        const y = a.num();
        return Math.atan2(y, b.num());
      });
    case "and":
      return integers((x, y) => x & y);
    case "or":
      return integers((x, y) => x | y);
    case "xor":
      return integers((x, y) => x ^ y);
    case "lshift":
      return integers((x, y) => x << (y & 63n));
    case "rshift":
      return integers((x, y) => x >> (y & 63n));
    case "compl":
      return numEx(rt, () => Number(BigInt.asUintN(64, ~bits(a.num()))));
    case "rand":
      return numEx(rt, () => rt.random.next());
    case "srand": {
      const seed = a as Ex | undefined;
      return numEx(rt, () => {
        const old = rt.seed;
        rt.seed = Number(bits(seed === undefined ? now(rt) : seed.num()) & 0xffffffffn);
        rt.random = new Random(rt.seed);
        return old;
      });
    }
    case "tolower":
      return strEx(() => a.str().replace(/[A-Z]+/g, (s) => s.toLowerCase()));
    case "toupper":
      return strEx(() => a.str().replace(/[a-z]+/g, (s) => s.toUpperCase()));
    case "index":
      return numEx(rt, () => {
        const s = a.str();
        const t = b.str();
        return t === "" ? 0 : s.indexOf(t) + 1;
      });
    case "substr":
      return strEx(() => substr(a.str(), b.num(), d === undefined ? Infinity : d.num()));
    case "sprintf":
      return strEx(() => {
        const format = a.str();
        return rt.formats.format(format, formatArguments(rt, parts, 1));
      });
    case "systime":
      return numEx(rt, () => now(rt));
    case "strftime":
      return genEx(function* (): Steps<Value> {
        const zone = yield* timezone(rt.p);
        const format = parts.length > 0 ? a.str() : "%a %b %e %H:%M:%S %Z %Y";
        const time = parts.length > 1 ? Math.trunc(b.num()) : now(rt);
        const tm = localtime(time, zone);
        return tm === undefined ? "" : strftime(format, tm);
      });
    case "mktime":
      return genEx(function* (): Steps<Value> {
        const zone = yield* timezone(rt.p);
        return makeTime(a.str(), (tm) => mktime(tm, zone));
      });
    case "system":
      return genEx(function* (): Steps<Value> {
        yield* rt.flush();
        return yield* rt.streams.system(a.str());
      });
    case "close":
      return genEx(function* (): Steps<Value> {
        yield* rt.flush();
        return yield* rt.streams.close(a.str());
      });
    default: {
      // fflush
      const stream = parts.length > 0 ? a.str : undefined;
      return genEx(function* (): Steps<Value> {
        const which = stream?.() ?? "";
        yield* rt.flush();
        yield* rt.streams.flush();
        return which === "" || rt.streams.has(which) ? 0 : -1;
      });
    }
  }
}

function makeTime(
  text: string,
  mktime: (tm: ReturnType<typeof emptyTm>) => number | undefined,
): number {
  const n = text.trim().split(/\s+/).map(Number);
  if (n.length < 6 || n.some((x) => !Number.isInteger(x))) return -1;
  const [year = 0, mon = 0, mday = 0, hour = 0, min = 0, sec = 0, isdst = -1] = n;
  const tm = Object.assign(emptyTm(), {
    year: year - 1900,
    mon: mon - 1,
    mday,
    hour,
    min,
    sec,
    isdst,
  });
  return mktime(tm) ?? -1;
}

/** substr(): fractions are cut off; a start before the text is its beginning. */
function substr(s: string, start: number, length: number): string {
  const from = Math.max(0, toInt(start) - 1);
  const count = length === Infinity ? s.length : toInt(length);
  return count > 0 ? s.slice(from, from + count) : "";
}

function length(c: ExpressionCompiler, args: readonly Expr[]): Ex {
  const { rt } = c;
  const arg = args[0];
  if (arg === undefined) return numEx(rt, () => rt.record.text().length);
  if (arg.type === "var" && c.names.isArray(c.scope, arg.name)) {
    const array = c.array(arg.name);
    return numEx(rt, () => array().size);
  }
  return lift(rt, [c.compile(arg)], ([part]) => {
    const { str } = part as Ex;
    return numEx(rt, () => str().length);
  });
}

function split(c: ExpressionCompiler, args: readonly Expr[]): Ex {
  const { rt } = c;
  const [text, target, by] = args as [Expr, Expr, Expr | undefined];
  const array: () => AwkArray =
    target.type === "var" ? c.array(target.name) : () => c.fail(0, "Not an array");
  const parts = [c.compile(text)];
  if (by !== undefined && by.type !== "regex") parts.push(c.compile(by));
  const pattern = by?.type === "regex" ? c.pattern(by) : undefined;
  return lift(rt, parts, ([t, s]) => {
    const { str } = t as Ex;
    return numEx(rt, () => {
      const s0 = str();
      const how =
        pattern !== undefined
          ? ({ type: "regex", pattern: pattern() } as const)
          : s === undefined
            ? rt.splitter()
            : separator(s.str(), false, rt.patterns);
      const fields = splitText(s0, how);
      const to = array();
      to.clear();
      for (let i = 0; i < fields.length; i++)
        to.cell(String(i + 1)).v = fromOutside(fields[i] as string);
      return fields.length;
    });
  });
}

function substitute(c: ExpressionCompiler, all: boolean, args: readonly Expr[]): Ex {
  const { rt } = c;
  const [re, by, where] = args as [Expr, Expr, Expr | undefined];
  const regex = re.type === "regex";
  const first = regex ? [] : [c.compile(re)];
  const lvalue: Lvalue | undefined =
    where === undefined
      ? { type: "field", index: { type: "number", value: 0 }, line: 0 }
      : isLvalue(where)
        ? where
        : undefined;
  const { parts, make } =
    lvalue === undefined
      ? { parts: [c.compile(where as Expr)], make: undefined }
      : c.target(lvalue);
  return lift(rt, [...first, c.compile(by), ...parts], (ready) => {
    const pattern = regex ? c.pattern(re) : c.patternOf(re, ready[0] as Ex);
    const replacement = (ready[first.length] as Ex).str;
    const rest = ready.slice(first.length + 1);
    const target = make?.(rest);
    let parsed: (string | number)[] = [""];
    let source = "";
    return numEx(rt, () => {
      const p = pattern();
      const r = replacement();
      if (r !== source) {
        source = r;
        parsed = parseReplacement(r, false);
      }
      const cell = target?.cell?.();
      const old =
        cell !== undefined ? cell.v : target !== undefined ? target.get() : rest[0]?.val();
      const [text, n] = p.replace(rt.toStr(old), parsed, all ? 0 : 1);
      if (n > 0) {
        if (cell !== undefined) cell.v = text;
        else target?.set(text);
      }
      return n;
    });
  });
}

function gensub(c: ExpressionCompiler, args: readonly Expr[]): Ex {
  const { rt } = c;
  const [re, by, how, where] = args as [Expr, Expr, Expr, Expr | undefined];
  const regex = re.type === "regex";
  const first = regex ? [] : [c.compile(re)];
  const text = where ?? ({ type: "field", index: { type: "number", value: 0 }, line: 0 } as const);
  return lift(rt, [...first, ...[by, how, text].map((e) => c.compile(e))], (ready) => {
    const pattern = regex ? c.pattern(re) : c.patternOf(re, ready[0] as Ex);
    const [r, h, t] = ready.slice(first.length) as [Ex, Ex, Ex];
    return valEx(rt, () => {
      const p = pattern();
      const parts = parseReplacement(r.str(), true);
      const which = h.num();
      return p.replace(t.str(), parts, which > 0 ? Math.trunc(which) : 0)[0];
    });
  });
}

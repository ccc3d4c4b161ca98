// Turns a POSIX pattern into a JavaScript RegExp and says when the two agree.
//
// JavaScript takes the first way that works, POSIX the longest match. They agree (1) when at each choice the next
// character decides, so that there is one way only, and (2) in a sequence of single characters, each with any
// repetition: taking more early never makes such a sequence end earlier. A pattern that is (1) first and (2) after
// is exact. Whether there is a match, and where it begins, is the same in any case.
import {
  contains,
  emptyReach,
  fullReach,
  overlap,
  type Reach,
  reachOf,
  single,
  source,
  union,
} from "./charset.ts";
import type { Node } from "./parse.ts";

/** What is known of a pattern. */
export interface Analysis {
  /** End and submatches are those of the first way JavaScript finds. */
  readonly exact: boolean;
  /** The longest text that JavaScript searches in bounded time; 0: do not let it. */
  readonly maxText: number;
}

interface Cost {
  /** Some choice is not decided by the next character. */
  ambiguous: boolean;
  /** Search time grows with this power of the length. */
  degree: number;
  /** Ways to choose, apart from that (log 2). */
  ways: number;
  /** Time may grow exponentially. */
  unsafe: boolean;
  /** Something that may match nothing is repeated. */
  idle: boolean;
  /** There is a repetition without end. */
  open: boolean;
}

/** Steps a native search may take at worst. */
const BUDGET = 4e9;
const MAX_WAYS = 12;
const MAX_SOURCE = 20000;

/** Drops repetitions that say nothing and joins nested ones. */
export function simplify(n: Node): Node {
  switch (n.type) {
    case "cat":
      return { type: "cat", items: n.items.map(simplify) };
    case "alt":
      return { type: "alt", items: n.items.map(simplify) };
    case "group":
      return { type: "group", item: simplify(n.item), index: n.index };
    case "rep": {
      const item = simplify(n.item);
      // musl wants an assertion to hold even where it is optional, unless it copies it (`{0,2}`).
      if (item.type === "assert") {
        const copied = n.min === 0 && n.max > 1 && n.max !== Number.POSITIVE_INFINITY;
        return copied ? { type: "empty" } : item;
      }
      if (n.min === 1 && n.max === 1) return item;
      const inf = Number.POSITIVE_INFINITY;
      if (
        item.type === "rep" &&
        item.min <= 1 &&
        n.min <= 1 &&
        (item.max === inf || n.max === inf)
      ) {
        return { type: "rep", item: item.item, min: Math.min(item.min, n.min), max: inf };
      }
      return { type: "rep", item, min: n.min, max: n.max };
    }
    case "assert":
    case "empty":
    case "ref":
    case "set":
      return n;
  }
}

function nullable(n: Node): boolean {
  switch (n.type) {
    case "empty":
    case "assert":
    case "ref":
      return true;
    case "set":
      return false;
    case "cat":
      return n.items.every(nullable);
    case "alt":
      return n.items.some(nullable);
    case "rep":
      return n.min === 0 || nullable(n.item);
    case "group":
      return nullable(n.item);
  }
}

function first(n: Node): Reach {
  switch (n.type) {
    case "empty":
    case "assert":
      return emptyReach();
    case "ref":
      return fullReach();
    case "set":
      return reachOf(n.set);
    case "rep":
    case "group":
      return first(n.item);
    case "alt":
      return n.items.map(first).reduce(union);
    case "cat": {
      let r = emptyReach();
      for (const i of n.items) {
        r = union(r, first(i));
        if (!nullable(i)) break;
      }
      return r;
    }
  }
}

function free(): Cost {
  return { ambiguous: false, degree: 0, ways: 0, unsafe: false, idle: false, open: false };
}

function add(a: Cost, b: Cost, times = 1): void {
  a.ambiguous ||= b.ambiguous;
  a.degree += b.degree * times;
  a.ways += b.ways * times;
  a.unsafe ||= b.unsafe;
  a.idle ||= b.idle;
  a.open ||= b.open;
}

/** The cost of a part followed by what `follow` can begin with. */
function cost(n: Node, follow: Reach): Cost {
  const c = free();
  switch (n.type) {
    case "group":
      return cost(n.item, follow);
    case "cat": {
      let f = follow;
      for (let i = n.items.length - 1; i >= 0; i--) {
        const item = n.items[i] as Node;
        add(c, cost(item, f));
        f = nullable(item) ? union(first(item), f) : first(item);
      }
      return c;
    }
    case "alt": {
      const starts = n.items.map((i) => (nullable(i) ? union(first(i), follow) : first(i)));
      let clash = n.items.filter(nullable).length > 1;
      let before = emptyReach();
      for (const start of starts) {
        clash ||= overlap(start, before);
        before = union(before, start);
      }
      c.ambiguous = clash;
      if (n.items.filter(nullable).length > 1 && hasAssert(n)) c.unsafe = true;
      if (clash) c.ways = Math.log2(n.items.length);
      for (const i of n.items) add(c, cost(i, follow));
      return c;
    }
    case "rep": {
      const own = first(n.item);
      const inf = n.max === Number.POSITIVE_INFINITY;
      const inner = cost(n.item, n.max > 1 ? union(own, follow) : follow);
      c.open = inf;
      if (nullable(n.item)) {
        c.idle = true;
        if (hasAssert(n.item)) c.unsafe = true;
      }
      add(c, inner, inf || n.item.type === "set" ? 1 : n.max);
      if (inf && (inner.ambiguous || inner.idle) && n.item.type !== "set") c.unsafe = true;
      if (n.min !== n.max && overlap(own, follow)) {
        c.ambiguous = true;
        if (inf) c.degree++;
        else c.ways += Math.log2(n.max - n.min + 1);
      }
      return c;
    }
    case "assert":
    case "empty":
    case "ref":
    case "set":
      return c;
  }
}

/** Characters a part always takes, or -1 when that varies. */
function fixed(n: Node): number {
  switch (n.type) {
    case "empty":
    case "assert":
      return 0;
    case "ref":
      return -1;
    case "set":
      return 1;
    case "group":
      return fixed(n.item);
    case "cat":
      return n.items.reduce((sum, i) => (sum < 0 || fixed(i) < 0 ? -1 : sum + fixed(i)), 0);
    case "alt": {
      const len = fixed(n.items[0] as Node);
      return n.items.every((i) => fixed(i) === len) ? len : -1;
    }
    case "rep":
      return n.min === n.max && fixed(n.item) >= 0 ? n.min * fixed(n.item) : -1;
  }
}

function hasGroups(n: Node): boolean {
  switch (n.type) {
    case "group":
      return true;
    case "cat":
    case "alt":
      return n.items.some(hasGroups);
    case "rep":
      return hasGroups(n.item);
    case "assert":
    case "empty":
    case "ref":
    case "set":
      return false;
  }
}

function hasAssert(n: Node): boolean {
  switch (n.type) {
    case "assert":
      return true;
    case "cat":
    case "alt":
      return n.items.some(hasAssert);
    case "rep":
    case "group":
      return hasAssert(n.item);
    case "empty":
    case "ref":
    case "set":
      return false;
  }
}

function countGroups(n: Node): number {
  switch (n.type) {
    case "group":
      return 1 + countGroups(n.item);
    case "cat":
    case "alt":
      return n.items.reduce((sum, i) => sum + countGroups(i), 0);
    case "rep":
      return countGroups(n.item);
    case "assert":
    case "empty":
    case "ref":
    case "set":
      return 0;
  }
}

/** Is a group in a `{1}`? That says nothing but turns musl's choice of submatches around. */
function oddlyRepeated(n: Node): boolean {
  switch (n.type) {
    case "cat":
    case "alt":
      return n.items.some(oddlyRepeated);
    case "rep":
      return (n.min === 1 && n.max === 1 && hasGroups(n.item)) || oddlyRepeated(n.item);
    case "group":
      return oddlyRepeated(n.item);
    case "assert":
    case "empty":
    case "ref":
    case "set":
      return false;
  }
}

/** Is it `.*`? Then a match that begins later in the line also begins where the line does. */
function takesAll(n: Node): boolean {
  if (n.type !== "rep" || n.max !== Number.POSITIVE_INFINITY || n.item.type !== "set") return false;
  const { low, high, classes, highNegated } = n.item.set;
  if (!highNegated || high.length + classes.length > 0) return false;
  return low.every((bit, c) => bit === 1 || c === 10);
}

/** What stands first in a match, whatever groups it is in. */
function leading(n: Node): Node {
  if (n.type === "cat") return leading(n.items[0] as Node);
  return n.type === "group" && n.item.type !== "alt" ? leading(n.item) : n;
}

/** The pattern as a row of parts, groups that stand alone opened; `ends` is where each such group ends. */
function flatten(n: Node, out: Node[], ends: Map<number, number>): void {
  if (n.type === "cat") for (const i of n.items) flatten(i, out, ends);
  else if (n.type === "group" && n.item.type !== "alt") {
    flatten(n.item, out, ends);
    ends.set(n.index, out.length);
  } else out.push(n);
}

/** Analyses a pattern: its tree, that tree simplified, and how many groups it has. */
export function analyse(parsed: Node, tree: Node, groups: number): Analysis {
  const parts: Node[] = [];
  const ends = new Map<number, number>();
  flatten(tree, parts, ends);
  const total = free();
  // Parts up to `sure` must leave no choice.
  let sure = 0;
  // A group repeated no times is left out of the tree, but musl reports something for it.
  let exact = countGroups(tree) === groups && !oddlyRepeated(parsed);
  const ambiguous: boolean[] = [];
  let open = false;
  let last = true;
  let follow = emptyReach();
  for (let i = parts.length - 1; i >= 0; i--) {
    const p = parts[i] as Node;
    const c = cost(p, follow);
    add(total, c);
    // An open end is taken whole and never given back.
    const givesBack = p.type !== "rep" || p.item.type !== "set" || !last;
    if (c.open && givesBack) open = true;
    if (p.type === "assert" || !nullable(p)) last = false;
    ambiguous[i] = c.ambiguous;
    follow = nullable(p) ? union(first(p), follow) : first(p);
    if (c.idle) exact = false;
    const inner = p.type === "rep" ? p.item : p;
    const simple = inner.type === "set" || p.type === "assert" || p.type === "empty";
    const even = fixed(p) >= 0 && !(hasGroups(p) && c.ambiguous);
    if (p.type === "ref") {
      const end = ends.get(p.index);
      if (end === undefined || end > i) exact = false;
      else sure = Math.max(sure, end);
    } else if (!simple && !even) sure = Math.max(sure, i + 1);
  }
  for (let i = 0; i < sure; i++) if (ambiguous[i] === true) exact = false;
  const head = parts[0];
  const anchored =
    head !== undefined && ((head.type === "assert" && head.kind === "^") || takesAll(head));
  const e = total.degree + (open ? 1 : 0) + (anchored ? 0 : 1);
  if (total.unsafe || total.ways > MAX_WAYS || e > 8) return { exact, maxText: 0 };
  let faculty = 1;
  for (let i = 2; i <= e; i++) faculty *= i;
  const steps = (BUDGET * faculty) / 2 ** total.ways;
  return { exact, maxText: e < 1 ? 2 ** 30 : Math.min(2 ** 30, Math.floor(steps ** (1 / e))) };
}

/** How many positions the pattern's automaton has, repetitions written out. */
export function countPositions(n: Node): number {
  switch (n.type) {
    case "set":
    case "ref":
      return 1;
    case "cat":
    case "alt":
      return n.items.reduce((sum, i) => sum + countPositions(i), 0);
    case "group":
      return countPositions(n.item);
    case "rep":
      return (
        countPositions(n.item) * Math.max(1, n.max === Number.POSITIVE_INFINITY ? n.min : n.max)
      );
    case "assert":
    case "empty":
      return 0;
  }
}

/** How assertions are written. */
export interface Dialect {
  /** For a RegExp with the u flag over decoded text. */
  readonly unicode: boolean;
  /** `^` and `$` hold beside newlines. */
  readonly newline: boolean;
  /** Each line of the text is a text of its own. */
  readonly block: boolean;
  readonly notBol: boolean;
  readonly notEol: boolean;
  /** A character of a word, in this dialect. */
  readonly word: string;
  /** Groups capture. */
  readonly capture: boolean;
}

function assertion(kind: string, d: Dialect): string {
  const begin = d.block ? "(?<![^\\n])" : "^";
  const end = d.block ? "(?![^\\n])" : "$";
  switch (kind) {
    case "^":
      if (d.notBol) return d.newline ? "(?<=\\n)" : "(?!)";
      return d.newline ? "(?<![^\\n])" : "^";
    case "$":
      if (d.notEol) return d.newline ? "(?=\\n)" : "(?!)";
      return d.newline ? "(?![^\\n])" : "$";
    case "<":
      return d.unicode ? `(?<!${d.word})(?=${d.word})` : `\\b(?=${d.word})`;
    case ">":
      return d.unicode ? `(?<=${d.word})(?!${d.word})` : `\\b(?<=${d.word})`;
    case "b": {
      const w = d.word;
      const edge = d.unicode ? `(?<=${w})(?!${w})|(?<!${w})(?=${w})` : "\\b";
      return `(?:${edge}|${begin}|${end})`;
    }
    default: {
      const w = d.word;
      const inside = d.unicode ? `(?:(?<=${w})(?=${w})|(?<!${w})(?!${w}))` : "\\B";
      return d.block ? `(?<=[^\\n])(?=[^\\n])${inside}` : `(?!^)(?!$)${inside}`;
    }
  }
}

function emit(n: Node, d: Dialect, order: number[]): string {
  switch (n.type) {
    case "empty":
      return "";
    case "set":
      return source(n.set, d.unicode);
    case "assert":
      return assertion(n.kind, d);
    case "ref": {
      const at = order.indexOf(n.index);
      // A group that never took part matches nothing.
      return at < 0 ? "" : `(?:\\${at + 1})`;
    }
    case "cat":
      return n.items
        .map((i) => (i.type === "alt" ? `(?:${emit(i, d, order)})` : emit(i, d, order)))
        .join("");
    case "alt": {
      // What may match nothing must be tried last.
      const sorted = [...n.items.filter((i) => !nullable(i)), ...n.items.filter(nullable)];
      return sorted.map((i) => emit(i, d, order)).join("|");
    }
    case "group": {
      if (!d.capture) return `(?:${emit(n.item, d, order)})`;
      order.push(n.index);
      return `(${emit(n.item, d, order)})`;
    }
    case "rep": {
      const inner = emit(n.item, d, order);
      const atom = n.item.type === "set" || (n.item.type === "group" && d.capture);
      const body = atom || n.item.type === "group" ? inner : `(?:${inner})`;
      if (n.min === 0 && n.max === 1) return `${body}?`;
      if (n.max === Number.POSITIVE_INFINITY) {
        return n.min < 2 ? `${body}${n.min === 0 ? "*" : "+"}` : `${body}{${n.min},}`;
      }
      return `${body}{${n.min},${n.max}}`;
    }
  }
}

/** A RegExp and which group of the pattern each of its groups is; undefined when it would be too big. */
export function compile(
  tree: Node,
  d: Dialect,
  flags: string,
): { re: RegExp; order: readonly number[] } | undefined {
  const order: number[] = [];
  const head = leading(tree);
  let anchor = "";
  if (head.type === "rep" && head.item.type === "set" && takesAll(head)) {
    anchor = head.item.set.low[10] === 1 ? "^" : "(?<![^\\n])";
  }
  const body = emit(tree, d, order);
  const text = anchor === "" ? body : `${anchor}(?:${body})`;
  if (text.length > MAX_SOURCE) return undefined;
  return { re: new RegExp(text, d.unicode ? `${flags}u` : flags), order };
}

/** The plain text a pattern stands for, as code points, or undefined when it is more than that. */
export function literalOf(tree: Node): number[] | undefined {
  const items = tree.type === "cat" ? tree.items : tree.type === "empty" ? [] : [tree];
  const out: number[] = [];
  for (const i of items) {
    const c = i.type === "set" ? single(i.set) : -1;
    if (c < 0) return undefined;
    out.push(c);
  }
  return out;
}

/** Is each character of the pattern ASCII, and no set open to others? Then bytes of UTF-8 need no decoding. */
export function asciiOnly(n: Node): boolean {
  switch (n.type) {
    case "set":
      if (n.set.highNegated || n.set.high.length > 0 || n.set.classes.length > 0) return false;
      for (let c = 128; c < 256; c++) if (contains(n.set, c)) return false;
      return true;
    case "cat":
    case "alt":
      return n.items.every(asciiOnly);
    case "rep":
    case "group":
      return asciiOnly(n.item);
    case "assert":
      return n.kind === "^" || n.kind === "$";
    case "empty":
    case "ref":
      return true;
  }
}

// From the tree of a pattern to a tagged position automaton (V. Laurikari).
//
// Which of several possible submatches is reported follows musl's regexec(3), whose rules are not quite those of
// POSIX: every group border is a tag, each tag wants to be early or late, and earlier tags count first.
import type { CharSet } from "./charset.ts";
import { type Node, REG_ESPACE, RegexError } from "./parse.ts";

/** More positions than this are refused, as musl does when memory ends. */
const MAX_POSITIONS = 50000;
const MAX_TRANSITIONS = 400000;
/** What an edge may ask of its place: `^`, `$`, `\\<`, `\\>`, `\\b`, `\\B`. */
export const BOL = 1;
export const EOL = 2;
export const BOW = 4;
export const EOW = 8;
export const WB = 16;
export const NWB = 32;
const ASSERTION = { "^": BOL, $: EOL, "<": BOW, ">": EOW, b: WB, B: NWB } as const;

/** The tree with two-legged branches and with tags in it. */
type Tree =
  | { kind: "empty" }
  | { kind: "tag"; tag: number }
  | { kind: "assert"; bit: number }
  | { kind: "set"; set: CharSet; many: boolean; tags: number }
  | { kind: "ref"; index: number; tags: number }
  | { kind: "final" }
  | { kind: "cat"; left: Tree; right: Tree; tags: number }
  | { kind: "alt"; left: Tree; right: Tree; subs: number; tags: number }
  | { kind: "iter"; arg: Tree; min: number; max: number; tags: number }
  | { kind: "group"; arg: Tree; index: number; tags: number };

/** One way into or out of a part: a position, the tags passed and the assertions to hold on the way. */
interface Border {
  readonly position: number;
  readonly tags: readonly number[];
  readonly asserts: number;
}

/** A step to another position. */
export interface Edge {
  readonly to: number;
  readonly tags: Int32Array;
  readonly asserts: number;
}

interface Part {
  readonly nullable: boolean;
  readonly first: readonly Border[];
  readonly last: readonly Border[];
  /** Tags and assertions on the way through without a character. */
  readonly emptyTags: readonly number[];
  readonly emptyAsserts: number;
}

function binary(node: Node, wrapped: boolean): Tree {
  switch (node.type) {
    case "empty":
      return { kind: "empty" };
    case "set":
      return { kind: "set", set: node.set, many: node.many, tags: 0 };
    case "assert":
      return { kind: "assert", bit: ASSERTION[node.kind] };
    case "ref":
      return { kind: "ref", index: node.index, tags: 0 };
    case "rep":
      return { kind: "iter", arg: binary(node.item, false), min: node.min, max: node.max, tags: 0 };
    case "group":
      return { kind: "group", arg: binary(node.item, true), index: node.index, tags: 0 };
    case "cat":
      return balanced(node.items.map((n) => binary(n, false)));
    case "alt": {
      let left = binary(node.items[0] as Node, false);
      for (let i = 1; i < node.items.length; i++) {
        const right = binary(node.items[i] as Node, false);
        const own = wrapped && i === node.items.length - 1 ? 1 : 0;
        const subs = submatches(left) + submatches(right) + own;
        left = { kind: "alt", left, right, subs, tags: 0 };
      }
      return left;
    }
  }
}

function balanced(items: Tree[]): Tree {
  let left = items[0] as Tree;
  for (let i = 1; i < items.length; i++) {
    left = { kind: "cat", left, right: items[i] as Tree, tags: 0 };
  }
  return left;
}

function submatches(t: Tree): number {
  switch (t.kind) {
    case "cat":
      return submatches(t.left) + submatches(t.right);
    case "alt":
      return t.subs;
    case "iter":
      return submatches(t.arg);
    case "group":
      // A branch directly inside already counts its own group.
      return t.arg.kind === "alt" ? t.arg.subs : submatches(t.arg) + 1;
    case "assert":
    case "empty":
    case "final":
    case "ref":
    case "set":
    case "tag":
      return 0;
  }
}

function tagsIn(t: Tree): number {
  return "tags" in t ? t.tags : 0;
}

/** Places the tags. The first pass counts how many each part needs, the second puts them in. */
class Tagger {
  readonly maximize: boolean[] = [];
  readonly startTag: number[];
  readonly endTag: number[];
  readonly parents: number[][];
  count = 0;
  /** Group borders that wait for a place: 2 × group, + 1 for its end. */
  #waiting: number[] = [];
  /** Waiting ones below this index belong to the other leg of a branch. */
  #base = 0;
  #open: number[] = [];
  #tag = 0;
  #next = 1;
  #late = false;
  readonly #first: boolean;

  constructor(first: boolean, groups: number) {
    this.#first = first;
    this.startTag = new Array<number>(groups + 1).fill(0);
    this.endTag = new Array<number>(groups + 1).fill(0);
    this.parents = Array.from({ length: groups + 1 }, () => []);
  }

  run(tree: Tree): Tree {
    const out = this.#visit(tree);
    this.#settle(this.#tag);
    return out;
  }

  #settle(tag: number): void {
    for (let i = this.#base; i < this.#waiting.length; i++) {
      const w = this.#waiting[i] as number;
      if ((w & 1) === 0) this.startTag[w >> 1] = tag;
      else this.endTag[w >> 1] = tag;
    }
    this.#waiting.length = this.#base;
  }

  /** A tag in front of `t` if borders wait there. */
  #before(t: Tree): Tree {
    const tag = this.#tag;
    if (!this.#first) this.maximize[tag] = this.#late;
    this.#settle(tag);
    this.#tag = this.#next++;
    this.count++;
    return this.#first ? t : { kind: "cat", left: { kind: "tag", tag }, right: t, tags: 0 };
  }

  #visit(t: Tree): Tree {
    const waits = this.#waiting.length > this.#base;
    switch (t.kind) {
      case "group": {
        this.#waiting.push(t.index * 2);
        this.parents[t.index] = [...this.#open];
        this.#open.push(t.index);
        t.arg = this.#visit(t.arg);
        if (this.#first) t.tags = tagsIn(t.arg);
        this.#waiting.push(t.index * 2 + 1);
        this.#open.pop();
        return t;
      }
      case "set":
      case "ref": {
        if (this.#first) t.tags = waits ? 1 : 0;
        const put = waits ? this.#before(t) : t;
        // What musl reads as several ranges it treats like a branch.
        if (t.kind === "set" && t.many) this.#late = true;
        return put;
      }
      case "cat":
        return this.#cat(t);
      case "iter": {
        const own = waits ? 1 : 0;
        const put = waits ? this.#before(t) : t;
        this.#late = false;
        t.arg = this.#visit(t.arg);
        if (this.#first) t.tags = tagsIn(t.arg) + own;
        else this.#late = true;
        return put;
      }
      case "alt": {
        const leftTag = waits ? this.#next : this.#tag;
        const rightTag = waits ? this.#next + 1 : this.#next;
        const put = waits ? this.#before(t) : t;
        if (t.subs > 0) {
          this.#next++;
          this.#tag = this.#next++;
        }
        const base = this.#base;
        t.left = this.#visit(t.left);
        this.#base = this.#waiting.length;
        t.right = this.#visit(t.right);
        this.#base = base;
        if (this.#first) {
          t.tags = tagsIn(t.left) + tagsIn(t.right) + (waits ? 1 : 0) + (t.subs > 0 ? 2 : 0);
        }
        if (t.subs > 0) {
          if (!this.#first) {
            t.left = { kind: "cat", left: t.left, right: { kind: "tag", tag: leftTag }, tags: 0 };
            t.right = {
              kind: "cat",
              left: t.right,
              right: { kind: "tag", tag: rightTag },
              tags: 0,
            };
            this.maximize[leftTag] = true;
            this.maximize[rightTag] = true;
          }
          this.count += 2;
        }
        this.#late = true;
        return put;
      }
      case "assert":
      case "empty":
      case "final":
      case "tag":
        return t;
    }
  }

  /** A row of parts leans to the left and may be long, so it is walked down and up without recursion. */
  #cat(row: Tree & { kind: "cat" }): Tree {
    const down: { node: Tree & { kind: "cat" }; after: number; reserved: number }[] = [];
    let t: Tree = row;
    for (; t.kind === "cat"; t = t.left) {
      const after = this.#next + tagsIn(t.left);
      let reserved = -1;
      if (!this.#first && tagsIn(t.left) > 0 && tagsIn(t.right) > 0) reserved = this.#next++;
      down.push({ node: t, after, reserved });
    }
    let left = this.#visit(t);
    for (let step = down.pop(); step !== undefined; step = down.pop()) {
      const { node, after, reserved } = step;
      node.left = left;
      // The left part was given its numbers; the right one goes on behind them.
      this.#next = after;
      if (reserved >= 0) this.#tag = reserved;
      node.right = this.#visit(node.right);
      if (this.#first) node.tags = tagsIn(node.left) + tagsIn(node.right);
      left = node;
    }
    return row;
  }
}

/** Gives positions to the characters of a tree and joins them by edges. */
class Builder {
  readonly sets: (CharSet | undefined)[] = [];
  readonly refs: number[] = [];
  readonly edges: Edge[][] = [];
  readonly #none = new Int32Array(0);
  #transitions = 0;
  readonly #maximize: boolean[];

  constructor(maximize: boolean[]) {
    this.#maximize = maximize;
  }

  #position(set: CharSet | undefined, ref: number): Part {
    const position = this.sets.length;
    if (position >= MAX_POSITIONS) throw new RegexError(REG_ESPACE);
    this.sets.push(set);
    this.refs.push(ref);
    this.edges.push([]);
    const border = [{ position, tags: [], asserts: 0 }];
    return { nullable: false, first: border, last: border, emptyTags: [], emptyAsserts: 0 };
  }

  /** The part for a tree; `bare` leaves its tags out. */
  build(t: Tree, bare: boolean): Part {
    switch (t.kind) {
      case "empty":
        return VOID;
      case "tag":
        return bare ? VOID : { ...VOID, emptyTags: [t.tag] };
      case "assert":
        return { ...VOID, emptyAsserts: t.bit };
      case "set":
        return this.#position(t.set, -1);
      case "ref":
        return this.#position(undefined, t.index);
      case "final":
        return this.#position(undefined, -1);
      case "group":
        return this.build(t.arg, bare);
      case "cat":
        return this.#row(t, bare);
      case "alt":
        return this.#alt(this.build(t.left, bare), this.build(t.right, bare));
      case "iter":
        return this.#iter(t, bare);
    }
  }

  #row(row: Tree & { kind: "cat" }, bare: boolean): Part {
    const rights: Tree[] = [];
    let t: Tree = row;
    for (; t.kind === "cat"; t = t.left) rights.push(t.right);
    let part = this.build(t, bare);
    for (let r = rights.pop(); r !== undefined; r = rights.pop()) {
      part = this.#cat(part, this.build(r, bare));
    }
    return part;
  }

  #iter(t: Tree & { kind: "iter" }, bare: boolean): Part {
    const open = t.max === Number.POSITIVE_INFINITY;
    if (t.min <= 1 && (open || t.max <= 1)) return this.#loop(this.build(t.arg, bare), open, t.min);
    let all: Part | undefined;
    for (let i = 1; i <= t.min; i++) {
      const part = this.build(t.arg, bare || i < t.min);
      all = all === undefined ? part : this.#cat(all, part);
    }
    if (t.min > 0) {
      const tag = firstTag(t.arg);
      if (tag >= 0) this.#maximize[tag] = true;
    }
    let rest: Part | undefined;
    if (open) rest = this.#loop(this.build(t.arg, bare), true, 0);
    for (let i = t.min; !open && i < t.max; i++) {
      const part = this.build(t.arg, bare);
      rest = this.#alt(VOID, rest === undefined ? part : this.#cat(part, rest));
    }
    if (all === undefined) return rest ?? VOID;
    return rest === undefined ? all : this.#cat(all, rest);
  }

  #loop(part: Part, again: boolean, min: number): Part {
    if (again) this.#join(part.last, part.first);
    if (part.nullable || min > 0) return part;
    return { ...part, nullable: true, emptyTags: [], emptyAsserts: 0 };
  }

  #alt(a: Part, b: Part): Part {
    const empty = a.nullable ? a : b;
    return {
      nullable: a.nullable || b.nullable,
      first: [...a.first, ...b.first],
      last: [...a.last, ...b.last],
      emptyTags: empty.emptyTags,
      emptyAsserts: empty.emptyAsserts,
    };
  }

  #cat(a: Part, b: Part): Part {
    this.#join(a.last, b.first);
    return {
      nullable: a.nullable && b.nullable,
      first: a.nullable ? [...through(b.first, a), ...a.first] : a.first,
      last: b.nullable ? [...through(a.last, b), ...b.last] : b.last,
      emptyTags: merge(a.emptyTags, b.emptyTags),
      emptyAsserts: a.emptyAsserts | b.emptyAsserts,
    };
  }

  #join(from: readonly Border[], to: readonly Border[]): void {
    this.#transitions += from.length * to.length;
    if (this.#transitions > MAX_TRANSITIONS) throw new RegexError(REG_ESPACE);
    for (const f of from) {
      const out = this.edges[f.position] as Edge[];
      for (const t of to) {
        const merged = merge(f.tags, t.tags);
        const tags = merged.length === 0 ? this.#none : Int32Array.from(merged);
        out.push({ to: t.position, tags, asserts: f.asserts | t.asserts });
      }
    }
  }
}

const VOID: Part = { nullable: true, first: [], last: [], emptyTags: [], emptyAsserts: 0 };

function merge(a: readonly number[], b: readonly number[]): readonly number[] {
  if (b.length === 0) return a;
  return a.length === 0 ? b : [...a, ...b.filter((t) => !a.includes(t))];
}

function through(borders: readonly Border[], via: Part): readonly Border[] {
  if (via.emptyTags.length === 0 && via.emptyAsserts === 0) return borders;
  return borders.map((b) => ({
    position: b.position,
    tags: merge(b.tags, via.emptyTags),
    asserts: b.asserts | via.emptyAsserts,
  }));
}

function firstTag(tree: Tree): number {
  const later: Tree[] = [tree];
  for (let t = later.pop(); t !== undefined; t = later.pop()) {
    if (t.kind === "tag") return t.tag;
    if (t.kind === "iter" || t.kind === "group") later.push(t.arg);
    else if (t.kind === "cat" || t.kind === "alt") later.push(t.right, t.left);
  }
  return -1;
}

/** A compiled pattern: positions, each a set or a back-reference, and the steps between them. */
export interface Automaton {
  readonly sets: readonly (CharSet | undefined)[];
  /** The group a position refers back to, or -1. */
  readonly refs: readonly number[];
  readonly edges: readonly (readonly Edge[])[];
  readonly initial: readonly Edge[];
  readonly final: number;
  readonly tagCount: number;
  /** Tags that want to be late. */
  readonly maximize: readonly boolean[];
  /** Which tag is the start and the end of each group; `tagCount` for the end of the match. */
  readonly startTag: readonly number[];
  readonly endTag: readonly number[];
  /** The groups around each group. */
  readonly parents: readonly (readonly number[])[];
}

/** Builds the automaton for a pattern with so many groups. */
export function buildAutomaton(tree: Node, groups: number): Automaton {
  const all: Tree = { kind: "group", arg: binary(tree, true), index: 0, tags: 0 };
  new Tagger(true, groups).run(all);
  const tagger = new Tagger(false, groups);
  const tagged = tagger.run(all);
  const builder = new Builder(tagger.maximize);
  const whole: Tree = { kind: "cat", left: tagged, right: { kind: "final" }, tags: 0 };
  const initial = builder.build(whole, false).first.map((b) => ({
    to: b.position,
    tags: Int32Array.from(b.tags),
    asserts: b.asserts,
  }));
  const { sets, refs, edges } = builder;
  const { maximize, startTag, endTag, parents, count } = tagger;
  return {
    sets,
    refs,
    edges,
    initial,
    final: sets.length - 1,
    tagCount: count,
    maximize,
    startTag,
    endTag,
    parents,
  };
}

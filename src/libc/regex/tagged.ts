// Tagged position automata (V. Laurikari), the matcher for what JavaScript's RegExp cannot be trusted with.
//
// Which of several possible submatches is reported follows musl's regexec(3), whose rules are not quite those of
// POSIX: every group border is a tag, each tag wants to be early or late, and earlier tags count first.
import { type CharSet, contains } from "./charset.ts";
import { type Node, REG_ESPACE, RegexError } from "./parse.ts";

/** More positions than this are refused, as musl does when memory ends. */
const MAX_POSITIONS = 20000;
const MAX_TRANSITIONS = 400000;
/** Steps of one search with back-references before it settles for the best match so far. */
const MAX_STEPS = 3_000_000;

export const BOL = 1;
export const EOL = 2;
const BOW = 4;
const EOW = 8;
const WB = 16;
const NWB = 32;
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

interface Edge {
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
    default:
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
      case "cat": {
        let reserved = -1;
        const after = this.#next + tagsIn(t.left);
        if (!this.#first && tagsIn(t.left) > 0 && tagsIn(t.right) > 0) reserved = this.#next++;
        t.left = this.#visit(t.left);
        // The left part was given its numbers; the right one goes on behind them.
        this.#next = after;
        if (reserved >= 0) this.#tag = reserved;
        t.right = this.#visit(t.right);
        if (this.#first) t.tags = tagsIn(t.left) + tagsIn(t.right);
        return t;
      }
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
      default:
        return t;
    }
  }
}

/** Gives positions to the characters of a tree and joins them by edges. */
class Builder {
  readonly sets: (CharSet | undefined)[] = [];
  readonly refs: number[] = [];
  readonly edges: Edge[][] = [];
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
        return this.#cat(this.build(t.left, bare), this.build(t.right, bare));
      case "alt":
        return this.#alt(this.build(t.left, bare), this.build(t.right, bare));
      case "iter":
        return this.#iter(t, bare);
    }
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
        const tags = Int32Array.from(merge(f.tags, t.tags));
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

function firstTag(t: Tree): number {
  switch (t.kind) {
    case "tag":
      return t.tag;
    case "iter":
    case "group":
      return firstTag(t.arg);
    case "cat":
    case "alt": {
      const left = firstTag(t.left);
      return left >= 0 ? left : firstTag(t.right);
    }
    default:
      return -1;
  }
}

/** How a search reads its text. */
export interface Search {
  /** Decoded text or byte string. */
  readonly text: string;
  /** Where the text begins for this search: what is before is not looked at. */
  readonly from: number;
  /** Where it ends. */
  readonly end: number;
  /** Surrogate pairs are one character. */
  readonly pairs: boolean;
  readonly notBol: boolean;
  readonly notEol: boolean;
  /** `^` and `$` hold beside newlines too. */
  readonly newline: boolean;
  /** Each line is a text of its own: word borders see its ends. */
  readonly block: boolean;
  /** The only place where a match may begin, or -1. */
  readonly only: number;
  /** Reading the character at this index ends the search without a match (it is no character); -1 without. */
  readonly poison: number;
  /** The search is only for whether there is a match. */
  readonly exists: boolean;
}

/** Buffers of one automaton, kept from search to search. */
class Work {
  readonly tmp: Int32Array;
  readonly slot: Int32Array;
  readonly seen: Int32Array;
  readonly cur: Int32Array;
  readonly next: Int32Array;
  readonly curTags: Int32Array;
  readonly nextTags: Int32Array;
  #mark = 1;

  constructor(positions: number, tags: number) {
    this.tmp = new Int32Array(tags);
    this.slot = new Int32Array(positions);
    this.seen = new Int32Array(positions);
    this.cur = new Int32Array(positions);
    this.next = new Int32Array(positions);
    this.curTags = new Int32Array(positions * tags);
    this.nextTags = new Int32Array(positions * tags);
  }

  /** The first of so many marks that `seen` does not hold. */
  marks(count: number): number {
    if (this.#mark + count > 0x7fff0000) {
      this.seen.fill(0);
      this.#mark = 1;
    }
    const first = this.#mark;
    this.#mark += count;
    return first;
  }
}

/** A compiled pattern. Its buffers are its own, so one search at a time. */
export class Tagged {
  readonly #sets: readonly (CharSet | undefined)[];
  readonly #refs: readonly number[];
  readonly #edges: readonly (readonly Edge[])[];
  readonly #initial: readonly Edge[];
  readonly #final: number;
  readonly #tagCount: number;
  readonly #maximize: readonly boolean[];
  readonly #tagger: Tagger;
  readonly #groups: number;
  readonly #hasRefs: boolean;
  readonly #word: CharSet;
  /** First and last offsets of the groups of the last match. */
  readonly groups: Int32Array;
  readonly #matchTags: Int32Array;
  /** What a match can begin with, below 256; undefined when it can be empty. */
  readonly #firstLow: Uint8Array | undefined;
  #work: Work | undefined;
  #matchEnd = -1;

  constructor(tree: Node, groups: number, hasRefs: boolean, word: CharSet) {
    const all: Tree = { kind: "group", arg: binary(tree, true), index: 0, tags: 0 };
    new Tagger(true, groups).run(all);
    const tagger = new Tagger(false, groups);
    const tagged = tagger.run(all);
    const builder = new Builder(tagger.maximize);
    const part = builder.build(
      { kind: "cat", left: tagged, right: { kind: "final" }, tags: 0 },
      false,
    );
    this.#sets = builder.sets;
    this.#refs = builder.refs;
    this.#edges = builder.edges;
    this.#initial = part.first.map((b) => ({
      to: b.position,
      tags: Int32Array.from(b.tags),
      asserts: b.asserts,
    }));
    this.#final = builder.sets.length - 1;
    if (!part.first.some((b) => b.position === this.#final)) {
      const low = new Uint8Array(256);
      for (const b of part.first) {
        const set = builder.sets[b.position];
        for (let c = 0; c < 256; c++) if (set === undefined || set.low[c] === 1) low[c] = 1;
      }
      this.#firstLow = low;
    }
    this.#tagCount = tagger.count;
    this.#maximize = tagger.maximize;
    this.#tagger = tagger;
    this.#groups = groups;
    this.#hasRefs = hasRefs;
    this.#word = word;
    this.groups = new Int32Array(2 * (groups + 1));
    this.#matchTags = new Int32Array(tagger.count);
  }

  /** Searches; true leaves the offsets in `groups`. */
  search(s: Search): boolean {
    this.#matchEnd = -1;
    if (s.poison >= 0 && s.poison <= s.from) return false;
    const found = this.#hasRefs ? this.#backtrack(s) : this.#parallel(s);
    if (found) this.#fill(this.groups, this.#matchTags, this.#matchEnd);
    return found;
  }

  #holds(asserts: number, s: Search, pos: number): boolean {
    const t = s.text;
    const first = pos === s.from || (s.block && t.charCodeAt(pos - 1) === 10);
    const last = pos >= s.end || (s.block && t.charCodeAt(pos) === 10);
    if (asserts & BOL) {
      const begins = pos === s.from ? !s.notBol : s.newline && t.charCodeAt(pos - 1) === 10;
      if (!begins) return false;
    }
    if (asserts & EOL) {
      const ends = pos >= s.end ? !s.notEol : s.newline && t.charCodeAt(pos) === 10;
      if (!ends) return false;
    }
    if (asserts < BOW) return true;
    const before = !first && this.#isWord(s, pos, -1);
    const after = !last && this.#isWord(s, pos, 0);
    if (asserts & BOW && (before || !after)) return false;
    if (asserts & EOW && (!before || after)) return false;
    if (asserts & WB && !first && !last && before === after) return false;
    return !(asserts & NWB && (first || last || before !== after));
  }

  #isWord(s: Search, pos: number, back: number): boolean {
    let at = pos + back;
    let c = s.text.charCodeAt(at);
    if (s.pairs && c >= 0xd800 && c < 0xe000) {
      if (back !== 0 && c >= 0xdc00 && at > s.from) at--;
      c = s.text.codePointAt(at) as number;
    }
    return contains(this.#word, c);
  }

  #wins(a: Int32Array, ai: number, b: Int32Array, bi: number): boolean {
    for (let i = 0; i < this.#tagCount; i++) {
      const x = a[ai + i] as number;
      const y = b[bi + i] as number;
      if (x !== y) return this.#maximize[i] === true ? x > y : x < y;
    }
    return false;
  }

  #parallel(s: Search): boolean {
    const nt = this.#tagCount;
    const final = this.#final;
    const best = this.#matchTags;
    this.#work ??= new Work(this.#sets.length, nt);
    const { tmp, slot, seen } = this.#work;
    let { cur, next, curTags, nextTags } = this.#work;
    // Marks of earlier searches are lower than any of this one.
    const base = this.#work.marks(s.end + 2) - (s.only >= 0 ? s.only : s.from);
    let curLen = 0;
    let nextLen = 0;
    let end = -1;
    let pos = s.only >= 0 ? s.only : s.from;
    const first = s.only < 0 && s.poison < 0 ? this.#firstLow : undefined;
    for (;;) {
      if (end < 0) {
        if (first !== undefined && nextLen === 0) {
          while (pos < s.end && first[s.text.charCodeAt(pos)] === 0) pos++;
        }
        if (s.only < 0 || pos === s.only) {
          for (const e of this.#initial) {
            if (seen[e.to] === base + pos || (e.asserts !== 0 && !this.#holds(e.asserts, s, pos)))
              continue;
            const at = nextLen * nt;
            nextTags.fill(-1, at, at + nt);
            for (const tag of e.tags) nextTags[at + tag] = pos;
            if (e.to === final) {
              end = pos;
              for (let i = 0; i < nt; i++) best[i] = nextTags[at + i] as number;
            }
            seen[e.to] = base + pos;
            slot[e.to] = at;
            next[nextLen++] = e.to;
          }
        } else if (nextLen === 0) return false;
      }
      if (end >= 0 && (nextLen === 0 || s.exists)) break;
      if (pos >= s.end) break;
      let c = s.text.charCodeAt(pos);
      let after = pos + 1;
      if (s.pairs && c >= 0xd800 && c < 0xdc00) {
        c = s.text.codePointAt(pos) as number;
        if (c > 0xffff) after++;
      }
      // musl reads one character ahead.
      if (s.poison >= 0 && after >= s.poison) return false;
      [cur, next, curTags, nextTags] = [next, cur, nextTags, curTags];
      curLen = nextLen;
      nextLen = 0;
      pos = after;
      for (let k = 0; k < curLen; k++) {
        const state = cur[k] as number;
        const set = this.#sets[state];
        if (set === undefined) continue;
        if (c < 256 ? set.low[c] === 0 : !contains(set, c)) continue;
        for (const e of this.#edges[state] as readonly Edge[]) {
          if (e.asserts !== 0 && !this.#holds(e.asserts, s, pos)) continue;
          const to = e.to;
          for (let i = 0; i < nt; i++) tmp[i] = curTags[k * nt + i] as number;
          for (const tag of e.tags) tmp[tag] = pos;
          if (seen[to] !== base + pos) {
            seen[to] = base + pos;
            const at = nextLen * nt;
            slot[to] = at;
            next[nextLen++] = to;
            nextTags.set(tmp, at);
            if (
              to === final &&
              (end < 0 || (nt > 0 && (tmp[0] as number) <= (best[0] as number)))
            ) {
              end = pos;
              best.set(tmp);
            }
          } else if (this.#wins(tmp, 0, nextTags, slot[to] as number)) {
            nextTags.set(tmp, slot[to] as number);
            if (to === final) {
              end = pos;
              best.set(tmp);
            }
          }
        }
      }
    }
    this.#matchEnd = end;
    return end >= 0;
  }

  #backtrack(s: Search): boolean {
    const best = this.#matchTags;
    const nt = this.#tagCount;
    const groups = new Int32Array(this.groups.length);
    let steps = 0;
    interface Item {
      pos: number;
      state: number;
      tags: Int32Array;
      /** Where the last back-reference to nothing was, so that none is taken twice. */
      idle: number;
    }
    const stack: Item[] = [];
    let pos = s.only >= 0 ? s.only : s.from;
    const push = (edges: readonly Edge[], at: number, tags: Int32Array, idle: number): void => {
      for (let i = edges.length - 1; i >= 0; i--) {
        const e = edges[i] as Edge;
        if (e.asserts !== 0 && !this.#holds(e.asserts, s, at)) continue;
        const copy = tags.slice();
        for (const tag of e.tags) copy[tag] = at;
        stack.push({ pos: at, state: e.to, tags: copy, idle });
      }
    };
    const none = new Int32Array(nt).fill(-1);
    let end = -1;
    for (;;) {
      push(this.#initial, pos, none, -1);
      for (let it = stack.pop(); it !== undefined; it = stack.pop()) {
        if (++steps > MAX_STEPS) {
          stack.length = 0;
          break;
        }
        if (it.state === this.#final) {
          if (end < it.pos || (end === it.pos && this.#wins(it.tags, 0, best, 0))) {
            end = it.pos;
            best.set(it.tags);
          }
          continue;
        }
        const set = this.#sets[it.state];
        if (set !== undefined) {
          if (it.pos >= s.end) continue;
          let c = s.text.charCodeAt(it.pos);
          let after = it.pos + 1;
          if (s.pairs && c >= 0xd800 && c < 0xdc00) {
            c = s.text.codePointAt(it.pos) as number;
            if (c > 0xffff) after++;
          }
          if (!contains(set, c)) continue;
          push(this.#edges[it.state] as readonly Edge[], after, it.tags, it.idle);
          continue;
        }
        this.#fill(groups, it.tags, it.pos);
        const ref = this.#refs[it.state] as number;
        const so = groups[2 * ref] as number;
        const len = (groups[2 * ref + 1] as number) - so;
        const after = it.pos + len;
        if (len > 0) {
          if (after > s.end || !s.text.startsWith(s.text.slice(so, so + len), it.pos)) continue;
        } else if (it.idle === it.pos * this.#sets.length + it.state) continue;
        const idle = len > 0 ? it.idle : it.pos * this.#sets.length + it.state;
        push(this.#edges[it.state] as readonly Edge[], after, it.tags, idle);
      }
      if (end >= 0 || pos >= s.end || s.only >= 0 || steps > MAX_STEPS) break;
      const c = s.text.codePointAt(pos) as number;
      pos += s.pairs && c > 0xffff ? 2 : 1;
    }
    this.#matchEnd = end;
    return end >= 0;
  }

  #fill(out: Int32Array, tags: Int32Array, end: number): void {
    const { startTag, endTag, parents } = this.#tagger;
    const last = this.#tagCount;
    for (let i = 0; i <= this.#groups; i++) {
      const st = startTag[i] as number;
      const et = endTag[i] as number;
      const so = st === last ? end : (tags[st] ?? -1);
      const eo = et === last ? end : (tags[et] ?? -1);
      const unset = so < 0 || eo < 0;
      out[2 * i] = unset ? -1 : so;
      out[2 * i + 1] = unset ? -1 : eo;
    }
    for (let i = 1; i <= this.#groups; i++) {
      for (const p of parents[i] as number[]) {
        const outside =
          (out[2 * i] as number) < (out[2 * p] as number) ||
          (out[2 * i + 1] as number) > (out[2 * p + 1] as number);
        if (outside) out[2 * i] = out[2 * i + 1] = -1;
      }
    }
  }
}

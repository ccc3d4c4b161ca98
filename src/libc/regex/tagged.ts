// The search with tagged automata, for what JavaScript's RegExp cannot be trusted with: linear in the text, and with
// the submatches of musl's regexec(3). Back-references are tried one after the other, up to a limit.

import {
  type Automaton,
  BOL,
  BOW,
  buildAutomaton,
  type Edge,
  EOL,
  EOW,
  NWB,
  WB,
} from "./automaton.ts";
import { type CharSet, contains } from "./charset.ts";
import type { Node } from "./parse.ts";

/** Steps of one search with back-references before it settles for the best match so far. */
const MAX_STEPS = 1_000_000;

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
  readonly #a: Automaton;
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
    const a = buildAutomaton(tree, groups);
    this.#a = a;
    if (!a.initial.some((e) => e.to === a.final)) {
      const low = new Uint8Array(256);
      for (const e of a.initial) {
        const set = a.sets[e.to];
        for (let c = 0; c < 256; c++) if (set === undefined || set.low[c] === 1) low[c] = 1;
      }
      this.#firstLow = low;
    }
    this.#groups = groups;
    this.#hasRefs = hasRefs;
    this.#word = word;
    this.groups = new Int32Array(2 * (groups + 1));
    this.#matchTags = new Int32Array(a.tagCount);
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
    for (let i = 0; i < this.#a.tagCount; i++) {
      const x = a[ai + i] as number;
      const y = b[bi + i] as number;
      if (x !== y) return this.#a.maximize[i] === true ? x > y : x < y;
    }
    return false;
  }

  #parallel(s: Search): boolean {
    const nt = this.#a.tagCount;
    const final = this.#a.final;
    const best = this.#matchTags;
    this.#work ??= new Work(this.#a.sets.length, nt);
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
          for (const e of this.#a.initial) {
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
        const set = this.#a.sets[state];
        if (set === undefined) continue;
        if (c < 256 ? set.low[c] === 0 : !contains(set, c)) continue;
        for (const e of this.#a.edges[state] as readonly Edge[]) {
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
    const nt = this.#a.tagCount;
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
      push(this.#a.initial, pos, none, -1);
      for (let it = stack.pop(); it !== undefined; it = stack.pop()) {
        if (++steps > MAX_STEPS) {
          stack.length = 0;
          break;
        }
        if (it.state === this.#a.final) {
          if (end < it.pos || (end === it.pos && this.#wins(it.tags, 0, best, 0))) {
            end = it.pos;
            best.set(it.tags);
          }
          continue;
        }
        const set = this.#a.sets[it.state];
        if (set !== undefined) {
          if (it.pos >= s.end) continue;
          let c = s.text.charCodeAt(it.pos);
          let after = it.pos + 1;
          if (s.pairs && c >= 0xd800 && c < 0xdc00) {
            c = s.text.codePointAt(it.pos) as number;
            if (c > 0xffff) after++;
          }
          if (!contains(set, c)) continue;
          push(this.#a.edges[it.state] as readonly Edge[], after, it.tags, it.idle);
          continue;
        }
        this.#fill(groups, it.tags, it.pos);
        const ref = this.#a.refs[it.state] as number;
        const so = groups[2 * ref] as number;
        const len = (groups[2 * ref + 1] as number) - so;
        const after = it.pos + len;
        if (len > 0) {
          if (after > s.end || !s.text.startsWith(s.text.slice(so, so + len), it.pos)) continue;
        } else if (it.idle === it.pos * this.#a.sets.length + it.state) continue;
        const idle = len > 0 ? it.idle : it.pos * this.#a.sets.length + it.state;
        push(this.#a.edges[it.state] as readonly Edge[], after, it.tags, idle);
      }
      if (end >= 0 || pos >= s.end || s.only >= 0 || steps > MAX_STEPS) break;
      const c = s.text.codePointAt(pos) as number;
      pos += s.pairs && c > 0xffff ? 2 : 1;
    }
    this.#matchEnd = end;
    return end >= 0;
  }

  #fill(out: Int32Array, tags: Int32Array, end: number): void {
    const { startTag, endTag, parents } = this.#a;
    const last = this.#a.tagCount;
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

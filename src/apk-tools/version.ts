// Versions: `number{.number}…{letter}{_suffix{number}}…{~hexhash}{-r#}` (apk-package(5)).
import { OP_EQUAL, OP_FUZZY, OP_GREATER, OP_LESS } from "./operator.ts";

// Kinds of parts in the order in which they may come: of two versions that are equal so far, the one that goes on
// with the earlier kind is the greater ("1.0.1" > "1.0b" > "1.0_p1" > "1.0-r1" > "1.0").
const FIRST = 0;
const NUMBER = 1;
const LETTER = 2;
const SUFFIX = 3;
const SUFFIX_NUMBER = 4;
const HASH = 5;
const REVISION = 6;
const END = 7;
const INVALID = 8;

/** In rising order; those before `FINAL` stand before the version without suffix. */
const SUFFIXES = ["alpha", "beta", "pre", "rc", "cvs", "svn", "git", "hg", "p"];
const FINAL = 4;

function isDigit(c: number): boolean {
  return c >= 48 && c <= 57;
}

/** Walks over the parts of a version; charCodeAt's NaN at the end is no character of any kind. */
class Parts {
  readonly text: string;
  kind = FIRST;
  /** The part without its introducing character. */
  start = 0;
  end = 0;
  /** Of SUFFIX: place in SUFFIXES. */
  suffix = 0;

  constructor(text: string) {
    this.text = text;
    this.#digits();
  }

  #digits(): void {
    let i = this.start;
    while (isDigit(this.text.charCodeAt(i))) i++;
    this.end = i;
    if (i === this.start) this.kind = INVALID;
  }

  next(): void {
    const { text, kind } = this;
    const c = text.charCodeAt(this.end);
    if (this.end >= text.length) {
      this.kind = END;
      return;
    }
    if (isDigit(c) && kind === SUFFIX) {
      this.kind = SUFFIX_NUMBER;
      this.start = this.end;
      this.#digits();
    } else if (c === 0x2e /* . */ && kind <= NUMBER) {
      this.kind = NUMBER;
      this.start = this.end + 1;
      this.#digits();
    } else if (c >= 97 && c <= 122 && kind <= NUMBER) {
      this.kind = LETTER;
      this.start = this.end;
      this.end++;
    } else if (c === 0x5f /* _ */ && kind <= SUFFIX_NUMBER) this.#suffix();
    else if (c === 0x7e /* ~ */ && kind < HASH) this.#hash();
    else if (c === 0x2d /* - */ && kind < REVISION && text.charCodeAt(this.end + 1) === 0x72) {
      this.kind = REVISION;
      this.start = this.end + 2;
      this.#digits();
    } else this.kind = INVALID;
  }

  #suffix(): void {
    const { text } = this;
    this.start = this.end + 1;
    let i = this.start;
    for (let c = text.charCodeAt(i); c >= 97 && c <= 122; c = text.charCodeAt(i)) i++;
    this.end = i;
    this.suffix = SUFFIXES.indexOf(text.slice(this.start, i));
    this.kind = this.suffix < 0 ? INVALID : SUFFIX;
  }

  #hash(): void {
    const { text } = this;
    this.start = this.end + 1;
    let i = this.start;
    for (let c = text.charCodeAt(i); isDigit(c) || (c >= 97 && c <= 102); c = text.charCodeAt(i))
      i++;
    this.end = i;
    this.kind = i === this.start ? INVALID : HASH;
  }
}

/** As fractions are: "001" < "002" < "01" < "1". */
function compareText(a: Parts, b: Parts): number {
  const length = Math.min(a.end - a.start, b.end - b.start);
  for (let i = 0; i < length; i++) {
    const order = a.text.charCodeAt(a.start + i) - b.text.charCodeAt(b.start + i);
    if (order !== 0) return order;
  }
  return a.end - a.start - (b.end - b.start);
}

/** Numbers of any length. */
function compareNumbers(a: Parts, b: Parts): number {
  while (a.start < a.end && a.text.charCodeAt(a.start) === 48) a.start++;
  while (b.start < b.end && b.text.charCodeAt(b.start) === 48) b.start++;
  return a.end - a.start - (b.end - b.start) || compareText(a, b);
}

function comparePart(a: Parts, b: Parts): number {
  switch (a.kind) {
    case NUMBER:
      if (a.text.charCodeAt(a.start) === 48 || b.text.charCodeAt(b.start) === 48)
        return compareText(a, b);
      return compareNumbers(a, b);
    case LETTER:
    case HASH:
      return compareText(a, b);
    case SUFFIX:
      return a.suffix - b.suffix;
    default:
      return compareNumbers(a, b);
  }
}

function isBeforeFinal(parts: Parts): boolean {
  return parts.kind === SUFFIX && parts.suffix < FINAL;
}

function compare(textA: string, textB: string, fuzzy: boolean): number {
  const a = new Parts(textA);
  const b = new Parts(textB);
  while (a.kind === b.kind && a.kind < END) {
    const order = comparePart(a, b);
    if (order !== 0) return order < 0 ? -1 : 1;
    a.next();
    b.next();
  }
  if (a.kind === b.kind || (fuzzy && b.kind === END)) return 0;
  if (isBeforeFinal(a)) return -1;
  if (isBeforeFinal(b)) return 1;
  return a.kind > b.kind ? -1 : 1;
}

/**
 * Order of two versions: -1, 0 or 1. Parts with a leading zero (not the first) compare as fractions do. What is no
 * version is compared as far as it looks like one.
 */
export function compareVersions(a: string, b: string): number {
  return a === b ? 0 : compare(a, b, false);
}

/** Does `version` stand to `other` as `op` (OP_* bits) says? With OP_FUZZY `other` may be just the first parts. */
export function matchesVersion(version: string, op: number, other: string): boolean {
  const order = version === other ? 0 : compare(version, other, (op & OP_FUZZY) !== 0);
  return (op & (order < 0 ? OP_LESS : order > 0 ? OP_GREATER : OP_EQUAL)) !== 0;
}

export function isVersion(text: string): boolean {
  const parts = new Parts(text);
  while (parts.kind < END) parts.next();
  return parts.kind === END;
}

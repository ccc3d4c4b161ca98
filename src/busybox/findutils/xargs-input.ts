// The items that xargs reads: words with quotes, lines (-I), or what NULs end (-0).
import { isSteps, type Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { die } from "../../libc/process.ts";
import type { Input } from "../../libc/stdio.ts";

export type ItemKind = "words" | "lines" | "nuls";

/** Longest item that is gathered. */
const ITEM_MAX = 0x1000_0000;

/** Reads items one after the other. */
export class ItemReader {
  readonly #input: Input;
  readonly #kind: ItemKind;
  /** The word that stands for the end of input. */
  readonly #eofWord: string | undefined;
  #text = "";
  #at = 0;
  #ended = false;

  constructor(input: Input, kind: ItemKind, eofWord: string | undefined) {
    this.#input = input;
    this.#kind = kind;
    this.#eofWord = eofWord;
  }

  /** More text behind what is left; false at the end of input. */
  *#fill(): Steps<boolean> {
    if (this.#ended) return false;
    if (this.#text.length - this.#at > ITEM_MAX) die("argument line too long");
    let chunk = this.#input.read();
    if (isSteps(chunk)) chunk = yield* chunk;
    if (chunk.length === 0) {
      this.#ended = true;
      return false;
    }
    this.#text = this.#text.slice(this.#at) + strOf(chunk);
    this.#at = 0;
    return true;
  }

  /** The next item; undefined at the end. */
  *next(): Steps<string | undefined> {
    if (this.#kind === "nuls") return yield* this.#upTo("\0");
    if (this.#kind === "lines") {
      for (;;) {
        const line = yield* this.#upTo("\n");
        const item = line === undefined ? undefined : untilNul(line.replace(/^[ \t\n\v\f\r]+/, ""));
        if (item !== "") return item;
      }
    }
    for (;;) {
      const word = yield* this.#word();
      if (word === undefined || word === this.#eofWord) {
        this.#ended = true;
        this.#at = this.#text.length;
        return undefined;
      }
      if (word !== "") return word;
    }
  }

  *#upTo(end: string): Steps<string | undefined> {
    let from = this.#at;
    for (;;) {
      const stop = this.#text.indexOf(end, from);
      if (stop >= 0) {
        const item = this.#text.slice(this.#at, stop);
        this.#at = stop + 1;
        return item;
      }
      const known = this.#text.length - this.#at;
      if (!(yield* this.#fill())) {
        const item = this.#text.slice(this.#at);
        this.#at = this.#text.length;
        return item === "" ? undefined : item;
      }
      from = this.#at + known;
    }
  }

  /** A word, which may be empty; undefined at the end. */
  *#word(): Steps<string | undefined> {
    for (;;) {
      const found = this.#take();
      if (found !== undefined) return untilNul(found);
      if (!(yield* this.#fill())) break;
    }
    // What is left has no blank behind it.
    const rest = this.#text.slice(this.#at);
    this.#at = this.#text.length;
    if (/^[ \t\n\v\f\r]*$/.test(rest)) return undefined;
    const open = /^(?:[^'"\\]|\\.|'[^']*'|"[^"]*")*(['"])/s.exec(rest);
    if (open !== null && !wholeWord().test(rest))
      die(`unmatched ${open[1] === "'" ? "single" : "double"} quote`);
    return untilNul(unquote(rest.replace(/^[ \t\n\v\f\r]+/, "")));
  }

  /** The next word if its end is known. */
  #take(): string | undefined {
    const plain = /[ \t\n\v\f\r]*([^ \t\n\v\f\r'"\\]*)[ \t\n\v\f\r]/y;
    plain.lastIndex = this.#at;
    let m = plain.exec(this.#text);
    if (m !== null) {
      this.#at = plain.lastIndex;
      return m[1];
    }
    const quoted = /[ \t\n\v\f\r]*((?:[^ \t\n\v\f\r'"\\]|\\[\s\S]|'[^']*'|"[^"]*")+)[ \t\n\v\f\r]/y;
    quoted.lastIndex = this.#at;
    m = quoted.exec(this.#text);
    if (m === null) return undefined;
    this.#at = quoted.lastIndex;
    return unquote(m[1] as string);
  }
}

function wholeWord(): RegExp {
  return /^(?:[^'"\\]|\\[\s\S]|'[^']*'|"[^"]*")*\\?$/;
}

function unquote(word: string): string {
  if (!/['"\\]/.test(word)) return word;
  return word.replace(
    /\\([\s\S]?)|'([^']*)'|"([^"]*)"/g,
    (_, escaped?: string, single?: string, double?: string) => escaped ?? single ?? double ?? "",
  );
}

/** An argument ends at a NUL. */
function untilNul(item: string): string {
  const nul = item.indexOf("\0");
  return nul < 0 ? item : item.slice(0, nul);
}

// The pieces of a word while it is read.
import type { Part } from "./nodes.ts";

/** Collects the parts of a word, joining literals of one kind. */
export class Parts {
  readonly list: Part[] = [];
  lit(s: string, q: boolean): void {
    const last = this.list[this.list.length - 1];
    if (last !== undefined && last.t === "lit" && last.q === q) last.s += s;
    else this.list.push({ t: "lit", s, q });
  }
}

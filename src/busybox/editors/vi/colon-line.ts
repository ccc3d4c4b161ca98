// The line at the bottom where `:` commands and searches are typed.
import type { Steps } from "../../../abi/program.ts";
import type { Vi } from "./state.ts";

/** Longest line taken. */
const MAX_LINE = 4096;

/** Reads a line after `prompt`; undefined when it was given up (Escape, or erased). */
export function* readLine(vi: Vi, prompt: string): Steps<string | undefined> {
  let text = "";
  for (;;) {
    if (!vi.keys.pending) yield* vi.screen.draw(vi, prompt + text);
    const idle = vi.keys.idle;
    vi.keys.idle = undefined;
    let key: string;
    try {
      key = yield* vi.keys.next();
    } finally {
      vi.keys.idle = idle;
    }
    if (key === "\r" || key === "\n") return text;
    if (key === "\x1b" || key === "\x03") return undefined;
    if (key === "\x7f" || key === "\b") {
      if (text === "") return undefined;
      text = Array.from(text).slice(0, -1).join("");
    } else if (key === "\x15") text = "";
    else if (key === "\x16") text += yield* vi.keys.next();
    else if (!(key.length > 1 && key.startsWith("<")) && text.length < MAX_LINE) text += key;
  }
}

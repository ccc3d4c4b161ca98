// Prompts: the backslash escapes of PS1, and how many columns the result takes.
import { charWidth, decodeUtf8 } from "../../lib/utf8.ts";

/** What the escapes of a prompt show; each is asked for only where it is used. */
export interface PromptFacts {
  /** Machine's name, for \h (up to the first dot) and \H. */
  hostname(): string;
  /** Working directory, for \w and \W. */
  cwd(): string;
  /** $HOME, which \w shortens to "~". */
  home(): string | undefined;
  user(): string;
  /** Effective user id: \$ is "#" for 0. */
  uid(): number;
  /** Local time, for \t \T \@ \A. */
  time(): { hour: number; minute: number };
}

/** A prompt ready for the terminal. */
export interface Prompt {
  /** The whole text, a byte string. */
  text: string;
  /** The part after the last newline, which is repeated when the line is drawn anew. */
  last: string;
  /** Columns that `last` takes. */
  width: number;
}

/**
 * Expands a prompt, in which the shell has made its substitutions already (it leaves `\$` alone).
 * What stands between `\[` and `\]` takes no columns.
 */
export function expandPrompt(ps: string, facts: PromptFacts): Prompt {
  let text = "";
  // Parts that take columns, of the last line.
  let visible = "";
  let lastAt = 0;
  let hidden = 0;
  const put = (s: string): void => {
    text += s;
    if (hidden === 0) visible += s;
    const newline = s.lastIndexOf("\n");
    if (newline >= 0) {
      lastAt = text.length - s.length + newline + 1;
      visible = hidden === 0 ? s.slice(newline + 1) : "";
    }
  };
  for (let i = 0; i < ps.length; ) {
    const c = ps.charAt(i);
    if (c !== "\\" || i + 1 >= ps.length) {
      put(c);
      i++;
      continue;
    }
    const e = ps.charAt(i + 1);
    i += 2;
    if (e === "[") hidden++;
    else if (e === "]") {
      if (hidden > 0) hidden--;
      else put("]");
    } else if ((e >= "0" && e <= "7") || e === "x") {
      const m = (e === "x" ? /x([0-9a-fA-F]{1,2})/y : /([0-7]{1,3})/y) as RegExp;
      m.lastIndex = i - 1;
      const digits = m.exec(ps)?.[1];
      if (digits === undefined) put(e);
      else {
        put(String.fromCharCode(Number.parseInt(digits, e === "x" ? 16 : 8) & 255));
        i = m.lastIndex;
      }
    } else put(fact(e, facts));
  }
  return { text, last: text.slice(lastAt), width: textWidth(visible) };
}

function fact(letter: string, facts: PromptFacts): string {
  switch (letter) {
    case "h": {
      const name = facts.hostname();
      const dot = name.indexOf(".");
      return dot < 0 ? name : name.slice(0, dot);
    }
    case "H":
      return facts.hostname();
    case "u":
      return facts.user();
    case "$":
      return facts.uid() === 0 ? "#" : "$";
    case "w":
      return directory(facts);
    case "W": {
      const dir = directory(facts);
      return dir.slice(dir.lastIndexOf("/") + 1);
    }
    case "t":
    case "T":
    case "@":
    case "A": {
      const { hour, minute } = facts.time();
      return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
    }
    default: {
      const at = "abefnrtv".indexOf(letter);
      return at < 0 ? letter : "\x07\b\x1b\f\n\r\t\v".charAt(at);
    }
  }
}

function directory(facts: PromptFacts): string {
  const dir = facts.cwd();
  const home = facts.home();
  if (home !== undefined && home !== "" && home !== "/" && dir.startsWith(home)) {
    const rest = dir.slice(home.length);
    if (rest === "" || rest.startsWith("/")) return `~${rest}`;
  }
  return dir;
}

/** Columns of a byte string; terminal escapes in it take none. */
export function textWidth(s: string): number {
  let width = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  for (const c of decodeUtf8(s.replace(/\x1b(?:\[[0-9;?]*[@-~]|\][^\x07]*\x07)/g, ""))) {
    width += Math.max(0, charWidth(c.codePointAt(0) as number));
  }
  return width;
}

// Words of a bc program (POSIX bc, with the additions of GNU's).
export interface Token {
  /** "number", "name", "string", "newline", "end", "error" (its message), or the word or operator itself. */
  readonly kind: string;
  readonly text: string;
  /** Where it begins. */
  readonly at: number;
}

const WORDS: ReadonlySet<string> = new Set([
  "auto",
  "break",
  "continue",
  "define",
  "else",
  "for",
  "halt",
  "ibase",
  "if",
  "last",
  "length",
  "limits",
  "obase",
  "print",
  "quit",
  "read",
  "return",
  "scale",
  "sqrt",
  "while",
]);

const SPACE = /(?:[ \t\r\f\v]|\\\n|#[^\n]*|\/\*[\s\S]*?\*\/)+/y;
const NUMBER =
  /(?:[0-9A-Z](?:\\\n)?)+(?:\.(?:[0-9A-Z](?:\\\n)?)*)?|\.(?=[0-9])(?:[0-9A-Z](?:\\\n)?)+|\./y;
const NAME = /[a-z][a-z0-9_]*/y;
const OPERATOR = /&&|\|\||\+\+|--|[-+*/%^=!<>]=|[-+*/%^=!<>(){}[\],;]/y;

function match(re: RegExp, text: string, at: number): string | undefined {
  const sticky = new RegExp(re);
  sticky.lastIndex = at;
  return sticky.exec(text)?.[0];
}

/** Cuts `text` into tokens, the last of kind "end". undefined when it ends within a string or comment. */
export function tokenize(text: string): Token[] | undefined {
  const tokens: Token[] = [];
  for (let at = 0; ; ) {
    at += match(SPACE, text, at)?.length ?? 0;
    if (at >= text.length) {
      tokens.push({ kind: "end", text: "", at });
      return tokens;
    }
    const c = text[at] as string;
    let word: string | undefined;
    if (c === "\n") tokens.push({ kind: "newline", text: c, at: at++ });
    else if (c === '"') {
      const end = text.indexOf('"', at + 1);
      if (end < 0) return undefined;
      tokens.push({ kind: "string", text: text.slice(at + 1, end), at });
      at = end + 1;
    } else if (text.startsWith("/*", at)) return undefined;
    else if ((word = match(NUMBER, text, at)) !== undefined) {
      const number = word.replace(/\\\n/g, "");
      tokens.push({ kind: number === "." ? "last" : "number", text: number, at });
      at += word.length;
    } else if ((word = match(NAME, text, at)) !== undefined) {
      tokens.push({ kind: WORDS.has(word) ? word : "name", text: word, at });
      at += word.length;
    } else if ((word = match(OPERATOR, text, at)) !== undefined) {
      tokens.push({ kind: word, text: word, at });
      at += word.length;
    } else {
      tokens.push({ kind: "error", text: `bad character '${c}'`, at });
      return tokens;
    }
  }
}

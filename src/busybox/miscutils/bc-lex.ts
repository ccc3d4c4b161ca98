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
    if (c === "\n") {
      tokens.push({ kind: "newline", text: c, at: at++ });
      continue;
    }
    if (c === '"') {
      const end = text.indexOf('"', at + 1);
      if (end < 0) return undefined;
      tokens.push({ kind: "string", text: text.slice(at + 1, end), at });
      at = end + 1;
      continue;
    }
    if (text.startsWith("/*", at)) return undefined;
    const number = match(NUMBER, text, at);
    const name = match(NAME, text, at);
    const word = number ?? name ?? match(OPERATOR, text, at);
    if (word !== undefined) {
      const digits = word.replace(/\\\n/g, "");
      let kind = word;
      if (number !== undefined) kind = digits === "." ? "last" : "number";
      else if (name !== undefined) kind = WORDS.has(word) ? word : "name";
      tokens.push({ kind, text: number === undefined ? word : digits, at });
      at += word.length;
    } else {
      tokens.push({ kind: "error", text: `bad character '${c}'`, at });
      return tokens;
    }
  }
}

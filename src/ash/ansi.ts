// $'...': strings with the escapes of C (ash's, after ksh and bash).

/** What was read: the text, where it ends (behind the quote; -1 without one), newlines in it. */
export interface AnsiString {
  text: string;
  end: number;
  lines: number;
}

/** Reads from `start`, which is behind the opening quote. */
export function ansiQuoted(src: string, start: number): AnsiString {
  let text = "";
  let lines = 0;
  let at = start;
  for (;;) {
    if (at >= src.length) return { text, end: -1, lines };
    const c = src.charAt(at++);
    if (c === "'") break;
    if (c === "\n") lines++;
    if (c !== "\\") {
      text += c;
      continue;
    }
    if (at >= src.length) return { text, end: -1, lines };
    const e = src.charAt(at);
    if (e === "\n") lines++;
    const simple = "abefnrtv\\'\"?".indexOf(e);
    const octal = /^[0-7]{1,3}/.exec(src.slice(at, at + 3))?.[0];
    const hex = e === "x" ? /^[0-9a-fA-F]{1,2}/.exec(src.slice(at + 1, at + 3))?.[0] : undefined;
    if (simple >= 0) {
      text += "\x07\b\x1b\f\n\r\t\v\\'\"?".charAt(simple);
      at++;
    } else if (octal !== undefined) {
      text += String.fromCharCode(Number.parseInt(octal, 8) & 255);
      at += octal.length;
    } else if (hex !== undefined) {
      text += String.fromCharCode(Number.parseInt(hex, 16));
      at += 1 + hex.length;
    } else {
      text += `\\${e}`;
      at++;
    }
  }
  // A NUL ends the string, as in C.
  const nul = text.indexOf("\0");
  return { text: nul < 0 ? text : text.slice(0, nul), end: at, lines };
}

// echo, as BusyBox's with -n, -e and -E; the shell's builtin and /bin/echo share it.

/** Reads octal digits at `at`: three at most, and only as many as make a byte. */
function octal(s: string, at: number): { byte: number; end: number } {
  let v = 0;
  let end = at;
  while (end < at + 3) {
    const d = s.charCodeAt(end) - 48;
    if (!(d >= 0 && d <= 7) || v * 8 + d > 255) break;
    v = v * 8 + d;
    end++;
  }
  return { byte: v & 255, end };
}

/**
 * Expands the escapes that echo -e and printf know: \a \b \f \n \r \t \v \\, \e, \xHH and octal numbers.
 * `zeroOctal` asks for octal numbers to be written \0ooo (echo, %b), where printf's format has \ooo.
 * `stopped` tells that \c was met, where `stop` lets it mean the end of all output; the text ends there.
 */
export function expandEscapes(
  s: string,
  zeroOctal: boolean,
  stop: boolean,
): { text: string; stopped: boolean } {
  let from = s.indexOf("\\");
  if (from < 0) return { text: s, stopped: false };
  let out = "";
  let done = 0;
  for (; from >= 0; from = s.indexOf("\\", done)) {
    out += s.slice(done, from);
    const c = s.charAt(from + 1);
    if (c === "c" && stop) return { text: out, stopped: true };
    const { text, end } = escapeAt(s, from, zeroOctal);
    out += text;
    done = end;
  }
  return { text: out + s.slice(done), stopped: false };
}

/** The escape that begins with the backslash at `at`; one that is none stands for itself. */
function escapeAt(s: string, at: number, zeroOctal: boolean): { text: string; end: number } {
  const c = s.charAt(at + 1);
  const simple = "abefnrtv\\".indexOf(c);
  if (c !== "" && simple >= 0) {
    return { text: "\x07\b\x1b\f\n\r\t\v\\".charAt(simple), end: at + 2 };
  }
  if (c === "x") {
    const hex = /^[0-9a-fA-F]{1,2}/.exec(s.slice(at + 2, at + 4))?.[0];
    if (hex === undefined) return { text: "\\", end: at + 1 };
    return { text: String.fromCharCode(Number.parseInt(hex, 16)), end: at + 2 + hex.length };
  }
  if (c >= "0" && c <= "7") {
    const number = octal(s, zeroOctal && c === "0" ? at + 2 : at + 1);
    return { text: String.fromCharCode(number.byte), end: number.end };
  }
  return { text: "\\", end: at + 1 };
}

/** What `echo` with these arguments (argv[0] is the name) prints. */
export function echoText(argv: readonly string[]): string {
  let newline = "\n";
  let escapes = false;
  let at = 1;
  for (; at < argv.length; at++) {
    const arg = argv[at] as string;
    if (!/^-[neE]+$/.test(arg)) break;
    for (const c of arg) {
      if (c === "n") newline = "";
      else if (c === "e") escapes = true;
    }
  }
  const text = argv.slice(at).join(" ");
  if (!escapes) return text + newline;
  const { text: expanded, stopped } = expandEscapes(text, true, true);
  return stopped ? expanded : expanded + newline;
}

// Keys of a terminal: the byte sequences that VT100, xterm, rxvt, linux and their kin send (ECMA-48 5.4).
import { decodeUtf8, sequenceLength } from "../lib/utf8.ts";

/**
 * A key. A character is itself (UTF-16; a byte that is no UTF-8 is U+DC80 to U+DCFF), controls included:
 * Ctrl-A is "\x01", Escape alone "\x1b". Others have names in angle brackets, with the modifiers that
 * matter in front: "<up>", "<ctrl-left>", "<alt-b>", "<f5>". "<unknown>" is a sequence of no known key,
 * "<cursor>" the terminal's answer to `\e[6n` with its position in `row` and `col`.
 */
export interface Key {
  key: string;
  /** Bytes it took. */
  length: number;
  row?: number;
  col?: number;
}

const FINAL: Readonly<Record<string, string>> = {
  A: "up",
  B: "down",
  C: "right",
  D: "left",
  F: "end",
  H: "home",
  P: "f1",
  Q: "f2",
  R: "f3",
  S: "f4",
  // rxvt's arrows with Ctrl after ESC O
  a: "ctrl-up",
  b: "ctrl-down",
  c: "ctrl-right",
  d: "ctrl-left",
};

const TILDE: Readonly<Record<string, string>> = {
  1: "home",
  2: "insert",
  3: "delete",
  4: "end",
  5: "pageup",
  6: "pagedown",
  7: "home",
  8: "end",
  11: "f1",
  12: "f2",
  13: "f3",
  14: "f4",
  15: "f5",
  17: "f6",
  18: "f7",
  19: "f8",
  20: "f9",
  21: "f10",
  23: "f11",
  24: "f12",
};

/** Longest control sequence looked at; what goes on is garbage. */
const MAX_SEQUENCE = 32;
// biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
const CSI = /^\x1b\[([?<=>]?)([0-9;]*)([ -/]*)([@-~])/;

/**
 * The first key in `bytes` from `at` on. undefined when more bytes may belong to it; with `final` (nothing
 * came for a while) what is there counts, so that ESC is the Escape key.
 */
export function decodeKey(bytes: string, at: number, final: boolean): Key | undefined {
  if (at >= bytes.length) return undefined;
  const c = bytes.charCodeAt(at);
  if (c === 0x1b) return escapeSequence(bytes.slice(at, at + MAX_SEQUENCE), final);
  if (c < 0x80) return { key: bytes.charAt(at), length: 1 };
  const n = sequenceLength(bytes, at) || 1;
  if (n === 1 && !final && mayContinue(bytes, at, c)) return undefined;
  return { key: decodeUtf8(bytes.slice(at, at + n)), length: n };
}

/** Is the text cut off inside what may become a UTF-8 character? */
function mayContinue(bytes: string, at: number, lead: number): boolean {
  const want = lead >= 0xf0 && lead < 0xf5 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc2 ? 2 : 1;
  if (lead >= 0xf5 || bytes.length - at >= want) return false;
  for (let i = at + 1; i < bytes.length; i++) {
    if ((bytes.charCodeAt(i) & 0xc0) !== 0x80) return false;
  }
  return true;
}

function modified(name: string, modifier: number): string {
  const bits = modifier - 1;
  if (bits & 4) return `<ctrl-${name}>`;
  if (bits & 2) return `<alt-${name}>`;
  return `<${name}>`;
}

function escapeSequence(s: string, final: boolean): Key | undefined {
  const lone: Key = { key: "\x1b", length: 1 };
  const second = s.charAt(1);
  if (second === "") return final ? lone : undefined;
  if (second === "[") return csi(s, final);
  if (second === "O") {
    if (s.length < 3) return final ? lone : undefined;
    const name = FINAL[s.charAt(2)];
    return name === undefined ? lone : { key: `<${name}>`, length: 3 };
  }
  if (second === "\x1b" && /^[[O]$/.test(s.charAt(2))) {
    // rxvt puts an ESC in front for Alt.
    const inner = escapeSequence(s.slice(1), final);
    if (inner === undefined) return undefined;
    if (!inner.key.startsWith("<") || inner.key.includes("-")) return lone;
    return { key: `<alt-${inner.key.slice(1)}`, length: inner.length + 1 };
  }
  if (second === "\x7f" || second === "\b") return { key: "<alt-backspace>", length: 2 };
  return "bdf".includes(second) ? { key: `<alt-${second}>`, length: 2 } : lone;
}

/** What begins with ESC [. */
function csi(s: string, final: boolean): Key | undefined {
  const lone: Key = { key: "\x1b", length: 1 };
  // The linux console's F1 to F5.
  if (s.startsWith("\x1b[[")) {
    if (s.length < 4) return final ? lone : undefined;
    const f = "ABCDE".indexOf(s.charAt(3));
    return { key: f < 0 ? "<unknown>" : `<f${f + 1}>`, length: 4 };
  }
  const m = CSI.exec(s);
  if (m !== null) return controlSequence(m);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: as above
  const whole = /^\x1b\[[?<=>]?[0-9;]*[ -/]*$/.test(s);
  return whole && !final && s.length < MAX_SEQUENCE ? undefined : lone;
}

function controlSequence(m: RegExpExecArray): Key {
  const [whole, privateMark = "", params = "", intermediate, finalByte = ""] = m;
  const length = whole.length;
  if (privateMark !== "" || intermediate !== "") return { key: "<unknown>", length };
  const numbers = params.split(";").map(Number);
  const [first = 0, second = 0] = numbers;
  if (finalByte === "R" && numbers.length === 2 && first > 0 && second > 0) {
    return { key: "<cursor>", length, row: first, col: second };
  }
  if (finalByte === "~") {
    const name = TILDE[first];
    return { key: name === undefined ? "<unknown>" : modified(name, second || 1), length };
  }
  const name = FINAL[finalByte];
  if (name === undefined || name.includes("-")) return { key: "<unknown>", length };
  if (params === "") return { key: `<${name}>`, length };
  // ESC [ 1 ; 5 C, or ESC [ 5 C of older terminals.
  return numbers.length === 2
    ? { key: modified(name, second), length }
    : { key: "<unknown>", length };
}

import { expect, test } from "vitest";
import { decodeKey } from "./keys.ts";

/** All keys of a byte string; "…" where more is expected. */
function keys(bytes: string, final = true): string {
  const out: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const k = decodeKey(bytes, at, final);
    if (k === undefined) return [...out, "…"].join(" ");
    out.push(
      k.key === "<cursor>" ? `<cursor ${k.row} ${k.col}>` : JSON.stringify(k.key).slice(1, -1),
    );
    at += k.length;
  }
  return out.join(" ");
}

test.each([
  ["ab\x01", "a b \\u0001"],
  ["\x1b", "\\u001b"],
  ["\x1b[A\x1b[B\x1bOC\x1bOD", "<up> <down> <right> <left>"],
  ["\x1b[H\x1b[1~\x1b[7~\x1bOH", "<home> <home> <home> <home>"],
  ["\x1b[F\x1b[4~\x1b[8~\x1bOF", "<end> <end> <end> <end>"],
  ["\x1b[3~\x1b[2~\x1b[5~\x1b[6~", "<delete> <insert> <pageup> <pagedown>"],
  ["\x1b[1;5D\x1b[1;5C\x1b[1;3D\x1bOd", "<ctrl-left> <ctrl-right> <alt-left> <ctrl-left>"],
  ["\x1b[3;5~\x1b[15~\x1b[[A", "<ctrl-delete> <f5> <f1>"],
  ["\x1bb\x1b\x7f\x1bz", "<alt-b> <alt-backspace> \\u001b z"],
  ["\x1b\x1b[D", "<alt-left>"],
  ["\x1b[12;34R", "<cursor 12 34>"],
  ["\x1b[5Cx\x1b[?1;2cx", "<unknown> x <unknown> x"],
  ["\xc3\xa9\xe6\x97\xa5\xf0\x9f\x98\x80", "é 日 😀"],
  ["\xff\xc3x", "\\udcff \\udcc3 x"],
])("%j", (bytes, expected) => {
  expect(keys(bytes)).toBe(expected);
});

test("waits for the rest of a sequence", () => {
  for (const cut of ["\x1b", "\x1b[", "\x1b[1;", "\x1bO", "\xc3", "\xe6\x97"]) {
    expect(keys(cut, false)).toBe("…");
  }
});

import { expect, test } from "vitest";
import type { Node } from "./nodes.ts";
import { parseCommand } from "./parser.ts";
import { type Source, SyntaxFault } from "./tokens.ts";

const NO_ALIASES = { alias: () => undefined, isSpecial: (name: string) => name === "eval" };

function source(text: string, eof = true): Source {
  return { text, pos: 0, eof, line: 1, aliases: [] };
}

function fault(text: string): string {
  const from = source(text);
  try {
    for (;;) if (parseCommand(from, NO_ALIASES) === "eof") return "none";
  } catch (e) {
    if (!(e instanceof SyntaxFault)) throw e;
    return `${e.line}: ${e.message}`;
  }
}

test.each([
  ["fi", '1: unexpected "fi"'],
  ["if true; then :", '1: unexpected end of file (expecting "fi")'],
  ["if\nfi\n", '2: unexpected "fi"'],
  ["echo 'a", "1: unterminated quoted string"],
  ["echo $(a", '1: unexpected end of file (expecting ")")'],
  ["echo `a", "1: EOF in backquote substitution"],
  ["echo ${a", "1: missing '}'"],
  ["echo $((1", "1: missing '))'"],
  ["case x in\nesac foo", "2: unexpected word"],
  ["for 1 in a; do :; done", "1: bad for loop variable"],
  ["echo >\n", "2: unexpected newline"],
  ["a & & b", '1: unexpected "&"'],
  ["a-b() { :; }", "1: bad function name"],
  ["eval() { :; }", "1: bad function name"],
  ["! ! true", '1: unexpected "!"'],
  ["cat <<<x", "1: unexpected redirection"],
  ["{ :; } x", "1: unexpected word"],
  ["case a in a) ;; (b) ;; esac; x() ( : ); : $'\\'' \"${x:-\"}\"}\" ${x#'}'}", "none"],
])("%j", (text, wanted) => expect(fault(text)).toBe(wanted));

test("asks for more where a command is not complete, and stays where it stood", () => {
  for (const text of [
    "if true",
    "echo 'a",
    "cat <<E\nx\n",
    "a &&\n",
    "a \\\n",
    "x=$(",
    "f() {\n",
  ]) {
    const from = source(text, false);
    expect([text, parseCommand(from, NO_ALIASES), from.pos, from.line]).toEqual([
      text,
      "more",
      0,
      1,
    ]);
  }
});

test("hostile nesting is a syntax error", () => {
  for (const open of ["(", "{ ", "$(", "if ", "${x-", "$((", "! { ", "<(", "while "]) {
    const found = fault(open.repeat(20000));
    expect(found).toMatch(/nesting too deep|unexpected|missing|EOF/);
  }
});

test("here-documents follow the line that announces them, in order", () => {
  const parsed = parseCommand(
    source("cat <<A <<-'B' | cat\na$x\nA\n\tb$x\n\tB\necho\n"),
    NO_ALIASES,
  ) as Node;
  const first = parsed.type === "pipe" ? parsed.cmds[0] : undefined;
  const redirs = first?.type === "cmd" ? first.redirs : [];
  expect(
    redirs.map((r) => [r.literal, r.word.parts.map((p) => (p.t === "lit" ? p.s : p.t))]),
  ).toEqual([
    [false, ["a", "param", "\n"]],
    [true, ["b$x\n"]],
  ]);
});

test("aliases: the next word after a trailing blank, not again inside themselves", () => {
  const aliases: Record<string, string> = { ls: "ls -l", t: "echo ", w: "world" };
  const from = source("ls; t w w");
  const words: string[] = [];
  const parsed = parseCommand(from, {
    alias: (name) => aliases[name],
    isSpecial: () => false,
  });
  const items = typeof parsed !== "string" && parsed.type === "list" ? parsed.items : [];
  for (const item of items)
    if (item.type === "cmd") words.push(item.args.map((w) => w.raw).join(" "));
  expect(words).toEqual(["ls -l", "echo world w"]);
});

import { expect, test } from "vitest";
import { bytesOf } from "../../lib/bytes.ts";
import { charWidth, decodeUtf8, encodeUtf8 } from "../../lib/utf8.ts";
import { decodeKey } from "../../libc/keys.ts";
import { listing } from "./complete.ts";
import { Editor } from "./editor.ts";
import { History } from "./history.ts";
import { expandPrompt } from "./prompt.ts";
import { Screen } from "./screen.ts";

/** A terminal that knows what the editor sends. */
class Terminal {
  readonly rows: string[][] = [[]];
  row = 0;
  col = 0;
  readonly #columns: number;
  constructor(columns: number) {
    this.#columns = columns;
  }
  write(bytes: string): void {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
    const re = /\x1b\[(\d*)([ABCDHJ])|[\r\n\b]|[\s\S]/gu;
    for (const [s, n = "1", final] of decodeUtf8(bytes).matchAll(re)) {
      if (final !== undefined) this.#control(final, Number(n) || 1);
      else if (s === "\r") this.col = 0;
      else if (s === "\n") this.row++;
      else if (s === "\b") this.col = Math.max(0, Math.min(this.col, this.#columns - 1) - 1);
      else this.#put(s);
      while (this.rows.length <= this.row) this.rows.push([]);
    }
  }
  #put(c: string): void {
    const w = charWidth(c.codePointAt(0) as number);
    if (this.col + w > this.#columns) {
      this.col = 0;
      this.row++;
      while (this.rows.length <= this.row) this.rows.push([]);
    }
    const row = this.rows[this.row] as string[];
    if (w === 0) row[this.col - 1] += c;
    else row[this.col] = c;
    if (w === 2) row[this.col + 1] = "";
    this.col += w;
  }
  #control(final: string, n: number): void {
    if (final === "A") this.row = Math.max(0, this.row - n);
    else if (final === "B") this.row += n;
    else if (final === "C") this.col += n;
    else if (final === "D") this.col -= n;
    else if (final === "H") this.row = this.col = 0;
    else {
      (this.rows[this.row] as string[]).length = this.col;
      this.rows.length = this.row + 1;
    }
  }
  /** Rows with the cursor as "|". */
  show(): string {
    const rows = this.rows.map((r) => Array.from(r, (c) => c ?? " ").join(""));
    const cells = this.rows[this.row] as string[];
    const text = Array.from(
      { length: Math.max(cells.length, this.col) },
      (_, i) => cells[i] ?? " ",
    );
    text.splice(this.col, 0, "|");
    rows[this.row] = text.join("");
    return rows.join("/");
  }
}

/** Types keys (draws after each) and tells what the terminal shows. */
function type(
  keys: string,
  columns = 80,
  vi = false,
  old: string[] = ["one", "two", "three"],
): string {
  const history = new History();
  for (const line of old) history.add(line);
  const editor = new Editor(history, vi);
  const screen = new Screen(columns);
  const terminal = new Terminal(columns);
  screen.start("$ ", 2);
  terminal.write("$ ");
  const bytes = encodeUtf8(keys);
  for (let at = 0; at < bytes.length; ) {
    const key = decodeKey(bytes, at, true);
    if (key === undefined) throw new Error("key");
    at += key.length;
    editor.press(key.key);
    terminal.write(screen.update(editor.chars, editor.cursor));
  }
  return terminal.show();
}

test.each([
  ["abc", "$ abc|"],
  ["abc\x01X\x05Y\x02\x02Z", "$ XabZ|cY"],
  ["foo bar baz\x17", "$ foo bar |"],
  ["foo bar baz\x1b\x7f\x1bb\x1bd", "$ foo | "],
  ["foo bar\x1bbX\x0b", "$ foo X|"],
  ["foo bar\x02\x15", "$ |r"],
  ["abc\x1b[D\x1b[D\x1b[3~\x7f", "$ |c"],
  ["abc\x1b[H\x04", "$ |bc"],
  ["日本x\x02\x02\x7f", "$ |本x"],
  ["e\u0301x\x02\x02", "$ |e\u0301x"],
  ["ec\x10\x10", "$ two|"],
  ["ec\x10\x10\x0e\x0e\x0e", "$ ec|"],
  ["\x10X\x10\x0e", "$ threeX|"],
  ["\x1bz\x1b[5~\x00", "$ z|"],
])("emacs keys %j", (keys, expected) => {
  expect(type(keys)).toBe(expected);
});

test.each([
  ["foo bar\x1b0x", "$ |oo bar"],
  ["foo bar\x1b0dwP", "$ foo| bar"],
  ["foo bar\x1bbcwnew\x1b", "$ foo ne|w"],
  ["foo bar\x1bDkx", "$ |hree"],
  ["foo.bar baz\x1b0eaX\x1bWrY", "$ fooX.bar |Yaz"],
  ["foo bar\x1b0d$ia", "$ a|"],
  ["foo\x1bddA!", "$ !|"],
  ["foo bar\x1bbdbp", "$ bfoo| ar"],
])("vi mode %j", (keys, expected) => {
  expect(type(keys, 80, true)).toBe(expected);
});

test.each([
  ["12345678", "$ 12345678/|"],
  ["123456789", "$ 12345678/9|"],
  ["123456789\x01X", "$ X|1234567/89"],
  ["1234567890123456789\x01\x04", "$ |23456789/0123456789/"],
  ["1234567日", "$ 1234567/日|"],
  ["1234567日\x01\x04", "$ |234567日/"],
  ["12345678901234567890\x15", "$ |"],
  ["12345678901\x02\x02\x02\x02\x7f\x7f", "$ 12345|890/1"],
])("wraps at ten columns %j", (keys, expected) => {
  expect(type(keys, 10).replace(/\/$/, "")).toBe(expected.replace(/\/$/, ""));
});

test("reverse search", () => {
  const history = new History();
  for (const line of ["echo one", "echo two", "echo two", "ls"]) history.add(line);
  expect(history.lines).toEqual(["echo one", "echo two", "ls"]);
  const e = new Editor(history, false);
  const press = (keys: string): string => {
    for (const k of keys) e.press(k);
    const bell = e.bell;
    e.bell = false;
    return `${e.search ?? "-"}:${e.line.slice(0, e.cursor)}|${e.line.slice(e.cursor)}${bell ? "!" : ""}`;
  };
  expect(press("\x12")).toBe(":|");
  expect(press("o")).toBe("o:ech|o two");
  expect(press("\x12")).toBe("o:ech|o one");
  expect(press("\x12")).toBe("o:ech|o one!");
  expect(press("x")).toBe("o:ech|o one!");
  expect(press("\x07")).toBe("-:ech|o one");
  expect(press("\x12tw\x05")).toBe("-:ech|o one!".replace("ech|o one!", "echo one|!"));
});

test("prompts", () => {
  const facts = {
    hostname: () => "box.example",
    cwd: () => "/root/src",
    home: () => "/root",
    user: () => "root",
    uid: () => 0,
    time: () => ({ hour: 9, minute: 5 }),
  };
  const show = (ps: string): string => {
    const p = expandPrompt(ps, facts);
    return `${p.text}~${p.last}~${p.width}`;
  };
  expect(show("\\h:\\w\\$ ")).toBe("box:~/src# ~box:~/src# ~11");
  expect(show("\\H \\W \\u \\t\\d\\]")).toBe(
    "box.example src root 09:05d]~box.example src root 09:05d]~28",
  );
  expect(show("\\[\\e[31m\\]x\\[\\033[0m\\]\\101> ")).toBe(
    "\x1b[31mx\x1b[0mA> ~\x1b[31mx\x1b[0mA> ~4",
  );
  expect(show("a\\nbc> ")).toBe("a\nbc> ~bc> ~4");
  expect(expandPrompt(encodeUtf8("é日> "), facts).width).toBe(5);
});

test("candidates in columns", () => {
  const names = [
    ".hid",
    "a$b",
    "file one",
    "fileTwo",
    "filethree",
    "q'x",
    "sub1/",
    "sub2/",
    encodeUtf8("únicode"),
  ];
  expect(bytesOf(listing(names, 40)).length).toBeGreaterThan(0);
  expect(decodeUtf8(listing(names, 40))).toBe(
    ".hid       fileTwo    sub1/\na$b        filethree  sub2/\nfile one   q'x        únicode\n",
  );
});

import { expect, test } from "vitest";
import {
  ECHO,
  ECHOCTL,
  ECHOE,
  ECHOK,
  ECHOKE,
  ECHONL,
  ECHOPRT,
  ICANON,
  ICRNL,
  IEXTEN,
  IGNCR,
  INLCR,
  ISIG,
  ISTRIP,
  IUTF8,
  IXANY,
  IXON,
  NOFLSH,
  OCRNL,
  ONLCR,
  ONLRET,
  ONOCR,
  OPOST,
  type Termios,
  VEOL,
  XTABS,
} from "../../abi/termios.ts";
import { bytesOf, strOf } from "../../lib/bytes.ts";
import { type Line, NTty } from "./n_tty.ts";
import { OutputProcessing } from "./opost.ts";
import { defaultTermios } from "./tty.ts";

interface Modes {
  iflag?: number;
  oflag?: number;
  lflag?: number;
  cc?: Record<number, number>;
}

/** A terminal without a kernel: collects what comes out. */
class FakeLine implements Line {
  termios: Termios;
  stopped = false;
  space = 65536;
  out = "";
  signals: number[] = [];
  dropped = 0;

  constructor(modes: Modes) {
    this.termios = { ...defaultTermios(), iflag: ICRNL | IXON | IUTF8 };
    if (modes.iflag !== undefined) this.termios.iflag = modes.iflag;
    if (modes.oflag !== undefined) this.termios.oflag = modes.oflag;
    if (modes.lflag !== undefined) this.termios.lflag = modes.lflag;
    for (const [at, c] of Object.entries(modes.cc ?? {})) this.termios.cc[Number(at)] = c;
  }
  room(): number {
    return this.space;
  }
  put(bytes: Uint8Array): void {
    this.out += strOf(bytes);
  }
  dropOutput(): void {
    this.dropped++;
  }
  start(): void {
    this.stopped = false;
  }
  stop(): void {
    this.stopped = true;
  }
  signalForeground(signo: number): void {
    this.signals.push(signo);
  }
  inputReady(): void {}
}

function type(modes: Modes, keys: string): { line: FakeLine; tty: NTty; lines: string[] } {
  const line = new FakeLine(modes);
  const tty = new NTty(line);
  tty.receive(bytesOf(keys));
  const lines: string[] = [];
  if ((line.termios.lflag & ICANON) !== 0) while (tty.hasLine) lines.push(strOf(tty.take(4096)));
  else if (tty.available > 0) lines.push(strOf(tty.take(4096)));
  return { line, tty, lines };
}

const SANE = ISIG | ICANON | ECHO | ECHOE | ECHOK | ECHOCTL | ECHOKE | IEXTEN;
const é = "\xc3\xa9";
const BS = "\b \b";

test.each<
  [name: string, modes: Modes, keys: string, lines: string[], echo: string, signals?: number[]]
>([
  ["a line", {}, "ls\r", ["ls\n"], "ls\r\n"],
  ["no line yet", {}, "ls", [], "ls"],
  ["two lines at once", {}, "a\rb\r", ["a\n", "b\n"], "a\r\nb\r\n"],
  ["erase", {}, "lx\x7fs\r", ["ls\n"], `lx${BS}s\r\n`],
  ["erase at the start does nothing", {}, "\x7f\x7fa\r", ["a\n"], "a\r\n"],
  ["erase stops at the line's start", {}, "a\rb\x7f\x7f\r", ["a\n", "\n"], `a\r\nb${BS}\r\n`],
  ["erase takes a whole UTF-8 character", {}, `a${é}\x7f\r`, ["a\n"], `a${é}${BS}\r\n`],
  ["without IUTF8 it takes a byte", { iflag: ICRNL }, `${é}\x7f\r`, ["\xc3\n"], `${é}${BS}\r\n`],
  ["a stray continuation byte stays", {}, "\xa9\x7f\r", ["\xa9\n"], "\xa9\r\n"],
  ["erase of a control character", {}, "\x01\x7fa\r", ["a\n"], `^A${BS}${BS}a\r\n`],
  ["erase of a tab", {}, "abc\t\x7fd\r", ["abcd\n"], "abc\t\b\b\b\b\bd\r\n"],
  ["erase of a tab after a tab", {}, "\t\t\x7f\r", ["\t\n"], "\t\t\b\b\b\b\b\b\b\b\r\n"],
  ["kill", {}, "abc\x15d\r", ["d\n"], `abc${BS}${BS}${BS}d\r\n`],
  ["kill without ECHOKE", { lflag: SANE & ~ECHOKE }, "abc\x15d\r", ["d\n"], "abc^U\r\nd\r\n"],
  ["kill without ECHOK", { lflag: SANE & ~(ECHOKE | ECHOK) }, "ab\x15d\r", ["d\n"], "ab^Ud\r\n"],
  ["erase without ECHOE", { lflag: SANE & ~ECHOE }, "ab\x7f\r", ["a\n"], "ab^?\r\n"],
  ["ECHOPRT", { lflag: SANE | ECHOPRT }, "abc\x7f\x7fx\r", ["ax\n"], "abc\\cb/x\r\n"],
  ["word erase", {}, "foo bar.c \x17x\r", ["foo bar.x\n"], `foo bar.c ${BS}${BS}x\r\n`],
  ["word erase of the first word", {}, " ab\x17\x17c\r", ["c\n"], ` ab${BS}${BS}${BS}c\r\n`],
  ["word erase needs IEXTEN", { lflag: SANE & ~IEXTEN }, "a\x17\r", ["a\x17\n"], "a^W\r\n"],
  ["literal next", {}, "\x16\x03\x16\x7f\r", ["\x03\x7f\n"], "^\b^C^\b^?\r\n"],
  ["literal carriage return stays one", {}, "\x16\r\r", ["\r\n"], "^\b^M\r\n"],
  ["reprint", {}, "ab\x12c\r", ["abc\n"], "ab^R\r\nabc\r\n"],
  ["end of file", {}, "\x04", [""], ""],
  ["end of file pushes what is typed", {}, "ab\x04c\r", ["ab", "c\n"], "abc\r\n"],
  ["VEOL ends a line and stays in it", { cc: { [VEOL]: 0x3b } }, "a;b\r", ["a;", "b\n"], "a;b\r\n"],
  ["control characters are shown", {}, "\x1b[A\r", ["\x1b[A\n"], "^[[A\r\n"],
  ["or not", { lflag: SANE & ~ECHOCTL }, "\x01\x7f\r", ["\n"], "\x01\r\n"],
  ["no echo", { lflag: SANE & ~ECHO }, "secret\x7f\x15pw\r", ["pw\n"], ""],
  ["ECHONL", { lflag: (SANE & ~ECHO) | ECHONL }, "pw\r", ["pw\n"], "\r\n"],
  ["interrupt drops the line", {}, "abc\x03d\r", ["d\n"], "^Cd\r\n", [2]],
  ["quit and suspend", {}, "\x1c\x1a", [], "^Z", [3, 20]],
  ["NOFLSH keeps the line", { lflag: SANE | NOFLSH }, "abc\x03d\r", ["abcd\n"], "abc^Cd\r\n", [2]],
  ["without ISIG they are characters", { lflag: SANE & ~ISIG }, "\x03\r", ["\x03\n"], "^C\r\n"],
  ["IGNCR", { iflag: IGNCR }, "a\rb\n", ["ab\n"], "ab\r\n"],
  ["no ICRNL", { iflag: 0 }, "a\rb\n", ["a\rb\n"], "a^Mb\r\n"],
  ["INLCR", { iflag: INLCR }, "a\nb", [], "a^Mb"],
  ["ISTRIP", { iflag: ISTRIP | ICRNL }, "\xe1\r", ["a\n"], "a\r\n"],
  ["raw", { lflag: 0, iflag: 0 }, "a\r\x03\x7f\x04\n", ["a\r\x03\x7f\x04\n"], ""],
  ["raw with echo", { lflag: ECHO, iflag: ICRNL }, "a\r\x7f", ["a\n\x7f"], "a\r\n\x7f"],
  ["raw with signals", { lflag: ISIG, iflag: 0 }, "a\x03b", ["b"], "", [2]],
])("%s", (_name, modes, keys, lines, echo, signals = []) => {
  const got = type(modes, keys);
  expect([got.lines, got.line.out, got.line.signals]).toEqual([lines, echo, signals]);
});

test("a long line is cut at 4095 characters; further ones are echoed all the same", () => {
  const { lines, line } = type({}, `${"x".repeat(4090)}0123456789\x7fZ\r`);
  expect(lines).toEqual([`${"x".repeat(4090)}0123Z\n`]);
  expect(line.out).toBe(`${"x".repeat(4090)}0123456789${BS}Z\r\n`);
});

test("a full buffer with a line in it takes no more", () => {
  const line = new FakeLine({ lflag: SANE & ~ECHO });
  const tty = new NTty(line);
  const text = bytesOf("0123456789abcde\n".repeat(300));
  const used = tty.receive(text);
  expect(used).toBe(4095);
  let got = 0;
  while (tty.hasLine) got += tty.take(100).length;
  expect(got).toBe(255 * 16);
  expect(tty.receive(text.subarray(used))).toBe(text.length - used);
});

test("end of file keys alone do not grow without bound", () => {
  const tty = new NTty(new FakeLine({}));
  expect(tty.receive(new Uint8Array(10000).fill(4))).toBe(4095);
});

test("a line is read in parts", () => {
  const tty = new NTty(new FakeLine({ lflag: ICANON }));
  tty.receive(bytesOf("abcdef\ngh\n"));
  expect([tty.take(4), tty.take(4), tty.take(4)].map((b) => strOf(b))).toEqual([
    "abcd",
    "ef\n",
    "gh\n",
  ]);
  expect(tty.hasLine).toBe(false);
});

test("the ring keeps its order when it wraps", () => {
  const line = new FakeLine({ lflag: 0, iflag: 0 });
  const tty = new NTty(line);
  let sent = "";
  let got = "";
  for (let i = 0; i < 40; i++) {
    const chunk = String.fromCharCode(65 + (i % 26)).repeat(700 + i);
    expect(tty.receive(bytesOf(chunk))).toBe(chunk.length);
    sent += chunk;
    got += strOf(tty.take(1000));
  }
  expect(got + strOf(tty.take(4096))).toBe(sent);
});

test("switching modes: typed text becomes raw bytes, raw bytes become a line", () => {
  const line = new FakeLine({ lflag: SANE & ~ECHO });
  const tty = new NTty(line);
  const set = (lflag: number): void => {
    const old = line.termios;
    line.termios = { ...old, lflag };
    tty.modesChanged(old);
  };
  tty.receive(bytesOf("one\rtwo"));
  expect(tty.available).toBe(4);
  set(0);
  expect([tty.available, tty.readable]).toEqual([7, true]);
  set(SANE & ~ECHO);
  expect(strOf(tty.take(100))).toBe("one\ntwo");
  tty.receive(bytesOf("x\r"));
  expect(strOf(tty.take(100))).toBe("x\n");
});

test("output stops at ^S and goes on at ^Q; echo waits with it", () => {
  const line = new FakeLine({});
  const tty = new NTty(line);
  tty.receive(bytesOf("\x13"));
  expect([line.stopped, tty.write(bytesOf("hello")), line.out]).toEqual([true, 0, ""]);
  tty.receive(bytesOf("a"));
  expect(line.out).toBe("");
  tty.receive(bytesOf("\x11"));
  expect([line.stopped, tty.write(bytesOf("hello")), line.out]).toEqual([false, 5, "ahello"]);
  line.termios.iflag |= IXANY;
  tty.receive(bytesOf("\x13"));
  tty.receive(bytesOf("b"));
  expect([line.stopped, line.out]).toEqual([false, "ahellob"]);
});

test.each<[oflag: number, text: string, out: string]>([
  [OPOST | ONLCR, "a\nb\n", "a\r\nb\r\n"],
  [ONLCR, "a\n", "a\n"],
  [OPOST, "a\n", "a\n"],
  [OPOST | OCRNL, "a\r", "a\n"],
  [OPOST | ONOCR, "\ra\r\r", "a\r"],
  [OPOST | ONLRET | ONOCR, "a\n\rb", "a\nb"],
  [OPOST | ONLCR | XTABS, "a\tb\n\t|", "a       b\r\n        |"],
])("output flags %o", (oflag, text, out) => {
  expect(strOf(new OutputProcessing().process(oflag, false, bytesOf(text)))).toBe(out);
});

test("the column follows what was written, however it was chunked", () => {
  const output = new OutputProcessing();
  const write = (text: string): number => {
    output.process(OPOST | ONLCR, true, bytesOf(text));
    return output.column;
  };
  expect([write("abc"), write("d\nxy"), write("\t"), write(`${é}\b`), write("1\r12")]).toEqual([
    3, 2, 8, 8, 2,
  ]);
});

test("a chunk without line ends is passed on, not copied", () => {
  const chunk = new Uint8Array(65536).fill(65);
  expect(new OutputProcessing().process(OPOST | ONLCR, true, chunk)).toBe(chunk);
});

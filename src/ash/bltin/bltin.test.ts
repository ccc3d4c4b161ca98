import { expect, test } from "vitest";
import { ENOENT } from "../../abi/errno.ts";
import type { Sys } from "../../abi/program.ts";
import { echoText } from "./echo.ts";
import { printfMain } from "./printf.ts";
import { testMain } from "./test.ts";

test.each([
  [["a", "b"], "a b\n"],
  [["-n", "a"], "a"],
  [["-ne", "a\\n"], "a\n"],
  [["-neX", "a"], "-neX a\n"],
  [["a\\tb"], "a\\tb\n"],
  [["-e", "\\0101\\101\\x41b\\e\\q"], "AAAb\x1b\\q\n"],
  [["-e", "\\400"], " 0\n"],
  [["-e", "a\\cb", "c"], "a"],
  [["--", "x"], "-- x\n"],
])("echo %j", (args, expected) => {
  expect(echoText(["echo", ...args])).toBe(expected);
});

const file = { mode: 0o100644, size: 3, dev: 1, ino: 2, mtime: { sec: 5, nsec: 0 } };
const sys = { tryStatat: (_: number, path: string) => (path === "f" ? file : ENOENT) };

test.each([
  ["[ ]", "1"],
  ["[ -n ]", "0"],
  ["[ a", "2 missing ]"],
  ["test ! = !", "0"],
  ["test ( = )", "1"],
  ["test ( a ) -a x", "0"],
  ["test ( a", "2 closing paren expected"],
  ["test ( -n a )", "2 closing paren expected"],
  ["test ( -n a ) -a b", "0"],
  ["test ! a = b -a c", "0"],
  ["test a -o 1 -eq x", "2 x: out of range"],
  ["test 010 -eq 10", "0"],
  ["test 1x -eq 1", "2 1x: bad number"],
  ["test 9223372036854775807 -gt 9223372036854775806", "0"],
  ["test 9223372036854775808 -gt 1", "2 9223372036854775808: out of range"],
  ["test a b c", "2 b: unknown operand"],
  ["test a =", "2 =: argument expected"],
  ["test x -a", "2 argument expected"],
  ["test abc = a*", "1"],
  ["test -f f", "0"],
  ["test -d f", "1"],
  ["test -s f -a ! -e g", "0"],
  ["test f -nt g", "1"],
  ["[[ abc = a* ]]", "0"],
  ["[[ abc =~ ^.b ]]", "0"],
  ["[[ abc =~ [ ]]", "2"],
  ["[[ a && ! b ]]", "1"],
  ["[[ a -a b ]]", "2 -a: unknown operand"],
])("%s", (line, expected) => {
  const said: string[] = [];
  const status = testMain(sys as unknown as Sys, line.split(" "), (m) => said.push(m));
  expect([status, ...said].join(" ")).toBe(expected);
});

test.each([
  [["%s\\n", "a", "b"], "a\nb\n", 0],
  [["x\\n", "a"], "x\n", 0],
  [["%d %d\\n", "1", "2", "3"], "1 2\n3 <invalid number ''>0\n", 1],
  [["%d|", "5a", "0x1f", "010", "'a", " 7"], "<invalid number '5a'>0|31|8|97|7|", 1],
  [["%5s|%-5s|%.2s", "a", "b", "cde"], "    a|b    |cd", 0],
  [["%*d|%-*d", "4", "1", "-4", "2"], "   1|2   ", 0],
  [["%b|", "\\0101\\n", "a\\cb", "z"], "A\n|a", 0],
  [["a\\cb%s", "x"], "a", 0],
  [["%c", ""], "\0", 0],
  [["a%q b", "x"], "a<%q b: invalid format>", 1],
  [["%u", "-1"], "18446744073709551615", 0],
  [["%.2f %e", "2.675", "1e400"], "2.67 <invalid number '1e400'>inf", 1],
  [[], "<usage: printf FORMAT [ARGUMENT...]>", 2],
])("printf %j", (args, expected, status) => {
  let out = "";
  const result = printfMain(["printf", ...args], (message, before) => {
    out += `${before}<${message}>`;
  });
  expect([out + result.text, result.status]).toEqual([expected, status]);
});

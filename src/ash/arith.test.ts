import { expect, test } from "vitest";
import { ArithCache, ArithError, compileArith, formatArith } from "./arith.ts";

/** Value (or error) and the variables afterwards, as Alpine 3.20's ash gives them. */
function run(text: string, vars: Record<string, string> = {}): string {
  const map = new Map(Object.entries(vars));
  const env = {
    get: (n: string) => map.get(n),
    set: (n: string, v: string) => void map.set(n, v),
    cache: new ArithCache(),
  };
  let out: string;
  try {
    out = formatArith(compileArith(text)(env));
  } catch (e) {
    if (!(e instanceof ArithError)) throw e;
    out = e.message;
  }
  return [out, ...[...map].filter(([k]) => !(k in vars)).map(([k, v]) => `${k}=${v}`)].join(" ");
}

const S = "arithmetic syntax error";

test.each([
  ["", "0"],
  ["1+2*3", "7"],
  ["2**3**2", "512"],
  ["-2**2", "4"],
  ["7-2-1", "4"],
  ["-7%3", "-1"],
  ["-5/3", "-1"],
  ["1<<64", "1"],
  ["1<<-1", "-9223372036854775808"],
  ["-5000000000>>3", "-625000000"],
  ["9223372036854775807+1", "-9223372036854775808"],
  ["0x8000000000000000/-1", "-9223372036854775808"],
  ["9007199254740993+1", "9007199254740994"],
  ["~9007199254740991", "-9007199254740992"],
  ["3**41", "-420491770248316829"],
  ["18446744073709551616", "0"],
  ["64#@_", "4031"],
  ["36#Z+37#A", "71"],
  ["10#-5", "-5"],
  ["08", S],
  ["1?2:3?4:5", "2"],
  ["1?0?4:5:6", "malformed ?: operator"],
  ["1?(2:3)", "2"],
  ["a + (a=5)", "10 a=5"],
  ["0&&(a=5)", "0 a=5"],
  ["1||1/0", "divide by zero"],
  ["a=1,2 3", `${S} a=1`],
  ["a=b=c=4", "4 c=4 b=4 a=4"],
  ["a+=5,a<<=2", "20 a=20"],
  ["a++ + ++a", "2 a=2"],
  ["a+++b", "0 a=1"],
  ["a--1", S],
  ["1---2", "-1"],
  ["a+ ++2", S],
  ["(a)=5", S],
  ["2**-1", "exponent less than 0"],
  ["1 2", S],
  ["1.5", S],
])("%s", (text, expected) => {
  expect(run(text)).toBe(expected);
});

test("values that are expressions", () => {
  expect(run("c*3", { c: "b+1", b: "2" })).toBe("9");
  expect(run("c", { c: " 0x1f " })).toBe("31");
  expect(run("a", { a: "b", b: "a" })).toBe("expression recursion loop detected");
  expect(run("a", { a: "x=5" })).toBe("5 x=5");
});

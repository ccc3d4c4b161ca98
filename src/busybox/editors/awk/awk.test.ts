import { type AppletRow, applet } from "../../../../test/support/applet.ts";
import { awk } from "./awk.ts";

const files = {
  a: "a b c\n1 2 3\n",
  para: "\n\na b\nc\n\n\n\nd:e\nf\n",
  rs: "xABybz",
};
const row = (
  argv: string | string[],
  stdout: string,
  more: Partial<AppletRow> = {},
): AppletRow => ({
  name: typeof argv === "string" ? argv : argv.join(" "),
  argv: typeof argv === "string" ? [argv] : argv,
  files,
  stdout,
  ...more,
});
const fails = (program: string, message: string, stdout = ""): AppletRow =>
  row(program, stdout, { status: 1, stderr: `awk: cmd. line:1: ${message}\n` });

applet(awk, [
  row(
    ['{ print NR, NF, $NF; $5 = "x"; print; NF = 2; print; $0 = "p q"; print $2, NF }', "a"],
    "1 3 c\na b c  x\na b\nq 2\n2 3 3\n1 2 3  x\n1 2\nq 2\n",
  ),
  row(["-F", "[ab]", '{ print $2 "|" $3 }', "a"], " | c\n|\n"),
  row(["-v", "x=a\\tb", "BEGIN { print x }"], "a\tb\n"),
  row(["{ print x }", "x=5", "a", "x=6", "a"], "5\n5\n6\n6\n"),
  row(['NR==1,NR==2 { print "r" NR } /1/,/2/', "a"], "r1\nr2\n1 2 3\n"),
  row(['BEGIN { RS = "" } { print NR ": " $1 "|" $2 "|" NF }', "para"], "1: a|b|3\n2: d:e|f|2\n"),
  row(['BEGIN { RS = "[A-Z]+" } { print $0 "," RT }', "rs"], "x,AB\nybz,\n"),
  row(["END { print $0, NR; getline; print $0 }", "a"], "1 2 3 2\n1 2 3\n"),
  row(['{ while ((getline line < "a") > 0) n++; print n; close("a") }', "a"], "2\n4\n"),
  row(['{ exit 2 } END { print "e"; exit }', "a"], "e\n", { status: 2 }),
  row(['function f() { next } { f(); print "no" } END { print NR }', "a"], "2\n"),
  row(
    "BEGIN { print 2^53, 1e18, 1e19, -2^63, 0.1, 1/3, -0, 123456789.5 }",
    "9007199254740992 1000000000000000000 1e+19 -9223372036854775808 0.1 0.333333 0 1.23457e+08\n",
  ),
  row(
    'BEGIN { print "0x10"+0, "010"+0, 0x10, 010, "1e3"+0, "+5"+0, "- 5"+0, "inf"+0 }',
    "16 10 16 8 1000 5 0 inf\n",
  ),
  row('BEGIN { print length("é"), index("aéb", "b"), toupper("éa") }', "2 4 éA\n"),
  row(
    'BEGIN { printf "%5s|%-5s|%.2s|%05d|%+d|%x|%e|%g|%%|%i|%c%c\\n", "ab", "cd", "efg", 42, 7, -1, 3.14, 1e10, 3e9, 65, "BC" }',
    "   ab|cd   |ef|00042|+7|ffffffff|3.140000e+00|1e+10|%|-2147483648|AB\n",
  ),
  row(
    'BEGIN { print 2**3**2, -2^2, 2^-1, !1+1, -3%2, 1 - -1, 2 " " -1 }',
    "64 -4 0.5 1 -1 2 2-1\n",
  ),
  row('BEGIN { print 1==1.0, "a"<"b", 10<9, "10"<"9", 1<"a", x==0, x=="" }', "1 1 0 1 1 1 1\n"),
  row(['{ print ($1==1), ($1=="1"), $1<"a" }', "a"], "0 0 0\n1 1 1\n"),
  row(
    'BEGIN { print substr("hello", 0), substr("hello", -1, 3), substr("hello", 1.9, 2) }',
    "hello hel he\n",
  ),
  row(
    'BEGIN { s = "abc"; gsub(/b*/, "X", s); print s; s = "aXb"; gsub(/X/, "\\\\\\\\&\\\\&", s); print s }',
    "XaXXcX\na\\X&b\n",
  ),
  row(
    'BEGIN { print gensub(/a(b)/, "[\\\\1]", "g", "abab"), gensub(/a/, "X", 2, "aaa") }',
    "[b][b] aXa\n",
  ),
  row(
    'BEGIN { print match("foobar", /o+/), RSTART, RLENGTH, match("x", /y/), RLENGTH }',
    "2 2 2 0 -1\n",
  ),
  row(
    'BEGIN { n = split(" a  b ", x); m = split(":a:", y, ":"); print n, x[1], m, split("abc", z, ""), z[2] }',
    "2 a 3 3 b\n",
  ),
  row(
    'BEGIN { for (i = 1; i <= 12; i++) a[i]; for (k in a) printf "%s ", k }',
    "10 11 12 1 2 3 4 5 6 7 8 9 ",
  ),
  row(
    "BEGIN { a[1,2] = 3; for (k in a) { split(k, p, SUBSEP); print p[1], p[2] } if ((1,2) in a) print length(a); delete a[1,2]; print length(a) }",
    "1 2\n1\n0\n",
  ),
  row(
    'function f(n) { return n <= 1 ? 1 : n * f(n - 1) } function g(a) { a["k"]++ } function h(  l) { g(l); g(l); return l["k"] } BEGIN { print f(20), f(25), h() }',
    "2432902008176640000 1.55112e+25 2\n",
  ),
  row("function f(n) { return n == 0 ? 0 : 1 + f(n - 1) } BEGIN { print f(5000) }", "5000\n"),
  row(
    "function p(x) { print x; return x + 1 } BEGIN { print p(1); x = p(5) p(6); print x }",
    "1\n2\n5\n6\n67\n",
  ),
  row(
    "BEGIN { srand(1); print rand(), rand(); print srand(5), srand() }",
    "0.752709 0.189214\n1 5\n",
  ),
  row(
    "BEGIN { print and(12, 10), or(12, 10), xor(12, 10), compl(0), lshift(1, 4), rshift(16, 2), and(-1, 255) }",
    "8 14 6 1.84467e+19 16 4 255\n",
  ),
  row(
    'BEGIN { CONVFMT = "%.2g"; x = 3.14159; print x ""; OFMT = "%.3f"; print x, 17 }',
    "3.1\n3.142 17\n",
  ),
  row(
    'BEGIN { print 1, 2 > "o"; print 3 >> "o"; close("o"); while ((getline l < "o") > 0) print "r", l; print getline < "none" }',
    "r 1 2\nr 3\n-1\n",
  ),
  row(
    'BEGIN { if (1)\nprint "a"\nelse\nprint "b"\nfor (;;) { if (++i > 3) break; else continue } print i # c\nprint "con\\\ntinued" }',
    "a\n4\ncontinued\n",
  ),
  row(['{ $2 = "x"; OFS = ":"; print; $1 = $1; print }', "a"], "a x c\na:x:c\n1:x:3\n1:x:3\n"),
  row("BEGIN { $1 = i = 1; $+i++; $- -i++; print }", "1\n"),
  fails("BEGIN { print 1; print 1/0 }", "Division by zero", "1\n"),
  fails("BEGIN { print foo(1) }", "Call to undefined function"),
  fails("BEGIN { print }}", "Unexpected token"),
  fails('BEGIN { print "abc }', "Unexpected end of string"),
  fails('BEGIN { printf "%z" }', "Invalid format specifier"),
  fails("BEGIN { $(-1) }", "Access to negative field"),
  row(["{ print }", "a", "nosuch"], "a b c\n1 2 3\n", {
    status: 1,
    stderr: "awk: nosuch: No such file or directory\n",
  }),
]);

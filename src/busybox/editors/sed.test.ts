import { type AppletRow, applet } from "../../../test/support/applet.ts";
import { sed } from "./sed.ts";

const files = { a: "one\ntwo\nthree\nfour\n", nn: "x\ny", b: "foo" };
const row = (argv: string[], stdout: string, more: Partial<AppletRow> = {}): AppletRow => ({
  name: argv.join(" "),
  argv,
  files,
  stdin: files.a,
  stdout,
  ...more,
});
const numbers = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

applet(sed, [
  row(["s/o/x/"], "xne\ntwx\nthree\nfxur\n"),
  row(["s/e/x/2g"], "onx\ntwo\nthrxx\nfour\n"),
  row(["s/e/x/g2"], "one\ntwo\nthrex\nfour\n"),
  row(["s/e*/-/g"], "-o-n-\n-t-w-o-\n-t-h-r-\n-f-o-u-r-\n"),
  row(["s/e*/-/2"], "o-ne\nt-wo\nt-hree\nf-our\n"),
  row(["s/\\(.\\)\\(.\\)/[\\2\\1&\\&]/"], "[noon&]e\n[wttw&]o\n[htth&]ree\n[offo&]ur\n"),
  row(["s/^/$&/"], "$one\n$two\n$three\n$four\n"),
  row(["s/o/$$/g"], "$$ne\ntw$$\nthree\nf$$ur\n"),
  row(["-E", "s/(o)(z)?/[\\2\\1]/"], "[o]ne\ntw[o]\nthree\nf[o]ur\n"),
  row(["s/[/o]/x\\ty/"], "x\tyne\ntwx\ty\nthree\nfx\tyur\n"),
  row(["s,\\,\\|o,\\,,"], ",ne\ntw,\nthree\nf,ur\n"),
  row(["s/O/x/I;s//y/"], "xne\ntwx\nthree\nfxur\n"),
  row(["s/one/1/;tx;s/two/2/;:x;s//Z/"], "1 2 Z\n", { stdin: "one 2 one\n" }),
  row(["-n", "/one/,/three/{//!p}"], "one\ntwo\n"),
  row(["-n", "s/o/x/w /dev/stdout"], "xne\ntwx\nfxur\n"),
  row(["$!N;P;D"], "one\ntwo\nthree\nfour\n"),
  row([":a;N;$!ba;s/\\n/+/g"], "one+two+three+four\n"),
  row(["1!G;h;$!d"], "four\nthree\ntwo\none\n"),
  row(["-n", "2,4{p;n;n;n}"], "2\n6\n", { stdin: numbers }),
  row(["-n", "2{N;N;N};3,5p"], "2\n3\n4\n5\n", { stdin: numbers }),
  row(["-n", "7,+1p;9,2p;0,3p"], "7\n8\n9\n", { stdin: numbers }),
  row(["2,3c\\\nx"], "one\nx\nfour\n"),
  row(["2{a x\nr b\ni y\n}"], "one\ny\ntwo\nx\nfoo\nthree\nfour\n"),
  row(["1a\\ttab\\tx\\\n  y"], "one\nttab\tx\n  y\ntwo\nthree\nfour\n"),
  row(["-e", "$a\\", "-e", "  foo"], "one\ntwo\nthree\nfour\n  foo\n"),
  row(["y/one/x\\ty/;="], "1\nx\ty\n2\ntwx\n3\nthryy\n4\nfxur\n"),
  row(["p", "nn", "b"], "x\nx\ny\ny\nfoo\nfoo"),
  row(["-n", "$=", "a", "nn"], "6\n"),
  row(["s/b/B/", "-"], "a\0B\n", { stdin: "a\0b\n" }),
  row(["#n\np", "b"], "foo\n"),
  row(["q;p"], "one\n"),
  row(["s/\u00e9./X/"], "X-\n", { stdin: "\u00e9\u00e9-\n" }),
  row(["k"], "", { status: 1, stderr: "sed: unsupported command k\n" }),
  row(["s/a/b"], "", { status: 1, stderr: "sed: unmatched '/'\n" }),
  row(["2{p"], "", { status: 1, stderr: "sed: unterminated {\n" }),
  row(["1{a x}"], "one\nx}\n", { status: 1, stderr: "sed: unterminated {\n" }),
  row(["bend}"], "", { status: 1, stderr: "sed: can't find label for jump to 'end}'\n" }),
  row(["p", "nosuch", "b"], "foo\nfoo", {
    status: 1,
    stderr: "sed: nosuch: No such file or directory\n",
  }),
  row(["-i.bak", "1,2d;$s/$/!/", "a", "nn"], "", {
    after: { a: "three\nfour!\n", "a.bak": files.a, nn: "", "nn.bak": files.nn },
  }),
  row(["--version"], "This is not GNU sed version 4.0\n"),
  {
    name: "a last line without newline, printed by s",
    argv: ["-n", "s/t/T/p"],
    stdin: "one\ntwo",
    stdout: "Two",
  },
  { name: "G gives a newline", argv: ["1!G;h;$!d"], stdin: "a\nb", stdout: "b\na\n" },
]);

import { expect, test } from "vitest";
import { isPlainConfig, staticDepend } from "./static-depend.ts";

test.each([
  ["depend() {\n\tneed a b\n\tuse c # why\n}\n", ["s", "s ineed a b", "s iuse c"]],
  [
    "depend()\n{\n\tafter *; before !x\n\tkeyword -containers\n}\n",
    [
      "s",
      "s iafter p q s",
      "s ibefore !x",
      "s keyword -docker -lxc -openvz -rkt -systemd-nspawn -uml -vserver",
    ],
  ],
  ["start() {\n\treturn 1\n}\n", ["s"]],
  ["depend() {\n\t:\n\tneed a\n\treturn 0\n}\n", ["s", "s ineed a"]],
  ["x=1\ndepend() { config /etc/x; }\n", ["s", "s config /etc/x"]],
  // What only a shell can tell.
  ['depend() { need "$x"; }\n', undefined],
  ["depend() { need net.*; }\n", undefined],
  ["depend() { yesno $x && need a; }\n", undefined],
  ["if x; then\ndepend() { need a; }\nelse\ndepend() { need b; }\nfi\n", undefined],
  ["[ -e /x ] || exit 0\ndepend() { need a; }\n", undefined],
  [". /etc/common\ndepend() { need a; }\n", undefined],
  ["need() { echo; }\ndepend() { need a; }\n", undefined],
  ["rc_need=b\ndepend() { need a; }\n", undefined],
  ["depend() {\n\tif a; then\n\t\tneed b\n\tfi\n}\n", undefined],
] as [string, string[] | undefined][])("depend() of %j", (text, lines) => {
  expect(staticDepend("s", `#!/sbin/openrc-run\n${text}`, ["p", "q", "s"])).toEqual(lines);
});

test.each([
  ["A=1\n# rc_need=x\n", true],
  ["rc_need=x\n", false],
  ["export rc_foo_after='x y'\n", false],
  ["RC_USE=x\n", false],
  [". /etc/other\n", false],
  ["f() { :; }\n", false],
])("settings %j", (text, plain) => {
  expect(isPlainConfig(text)).toBe(plain);
});

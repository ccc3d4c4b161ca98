import { applet } from "../../../test/support/applet.ts";
import { getopt } from "./getopt.ts";

applet(getopt, [
  { name: "nothing", stderr: "getopt: missing optstring argument\n", status: 1 },
  { name: "test", args: "-T", status: 4 },
  { name: "old form", args: "ab:c:: -a -b x -c y", stdout: " -a -b x -c  -- y\n" },
  { name: "old form, a +", args: "+ab x -a", stdout: " -a -- x\n" },
  {
    name: "quoted",
    argv: ["-o", "ab:", "--", "-a", "-b", "x y", "it's", ""],
    stdout: " -a -b 'x y' -- 'it'\\''s' ''\n",
  },
  {
    name: "long",
    args: "-o a -l alpha,beta:,gamma:: -- --al --beta=1 --beta 3 --gamma=2 --gam r s",
    stdout: " --alpha --beta '1' --beta '3' --gamma '2' --gamma '' -- 'r' 's'\n",
  },
  {
    name: "wrong long ones",
    args: "-o a -l alpha,alto -n N -- --al --nope --alpha=3",
    stdout: " --\n",
    stderr:
      "N: option is ambiguous: al\nN: unrecognized option: nope\nN: option does not take an argument: alpha\n",
    status: 1,
  },
  {
    name: "with one -",
    args: "-a -o a -l foo,bar: -- -foo -bar=1 -bar 2 -a",
    stdout: " --foo --bar '1' --bar '2' -a --\n",
  },
  { name: "up to the first operand", args: "-o +ab -- -a x -b", stdout: " -a -- 'x' '-b'\n" },
  { name: "in place", args: "-o -ab -- -a x -b", stdout: " -a 'x' -b --\n" },
  {
    name: "csh",
    argv: ["-s", "csh", "-o", "a:", "--", "-a", "it's !\nx"],
    stdout: " -a 'it'\\''s'\\ ''\\!'\\nx' --\n",
  },
  { name: "unquoted", argv: ["-u", "-o", "a:", "--", "-a", "b c", "d"], stdout: " -a b c -- d\n" },
  { name: "silent", args: "-qQ a -z", status: 1 },
  {
    name: "unknown letters",
    args: "a -a --fo",
    stdout: " -a --\n",
    stderr:
      "getopt: unrecognized option: -\ngetopt: unrecognized option: f\ngetopt: unrecognized option: o\n",
    status: 1,
  },
  {
    name: "GETOPT_COMPATIBLE",
    args: "-o a -- -a",
    env: { GETOPT_COMPATIBLE: "1" },
    stdout: " -- a -a\n",
  },
]);

import { applet } from "../../../test/support/applet.ts";
import { find } from "./find.ts";

const files = {
  a: "hi\n",
  e: "",
  "sub/B.c": "x\n",
  "sub/deep/b.C": "y\n",
  lsub: "-> sub",
  "empty/": "",
};
const row = (
  args: string,
  stdout: string,
  more: { status?: number; stderr?: string; after?: Record<string, string | undefined> } = {},
): { name: string; args: string; files: typeof files; stdout: string } => ({
  name: args,
  args,
  files,
  stdout,
  ...more,
});

applet(find, [
  row("sub", "sub\nsub/B.c\nsub/deep\nsub/deep/b.C\n"),
  row("lsub", "lsub\n"),
  row("-H lsub -maxdepth 1 -name *.c", "lsub/B.c\n"),
  row("sub/ -name sub", "sub/\n"),
  row(". -iname *.c", "./sub/B.c\n./sub/deep/b.C\n"),
  row(". -regex .*b", "./sub\n./lsub\n"),
  row("sub -depth -type d", "sub/deep\nsub\n"),
  row("sub -name deep -prune -o -print", "sub\nsub/B.c\n"),
  row("a nosuch e -print0", "a\0e\0", {
    status: 1,
    stderr: "find: nosuch: No such file or directory\n",
  }),
  row("a ( -name b -o", "", { status: 1, stderr: "find: unpaired '('\n" }),
  row("a -bogus", "", { status: 1, stderr: "find: unrecognized: -bogus\n…usage" }),
  row("a -type x", "", { status: 1, stderr: "find: invalid argument 'x' to '-type'\n" }),
  row("a -exec nosuch {} ; -o -print", "a\n", {
    stderr: "find: nosuch: No such file or directory\n",
  }),
  row("a -size 3c -size -1 ! -size +1 -size -1k", "a\n"),
  row("a -exec x {} {} +", "", {
    status: 1,
    stderr: "find: only one '{}' allowed for -exec +\n",
  }),
  row("sub -name B.c -delete -o -name deep -delete", "", {
    stderr: "find: sub/deep: Directory not empty\n",
    after: { "sub/B.c": undefined, "sub/deep/b.C": "y\n" },
  }),
  row("e sub empty -empty", "e\nempty\n"),
]);

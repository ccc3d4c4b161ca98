// comm: lines two sorted files have in common (POSIX comm)
import { isSteps, type Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import { LineReader } from "../../libc/stdio.ts";
import type { Applet } from "../libbb/applet.ts";
import { closeInput, openOrDie } from "../libbb/inputs.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "123", { min: 2, max: 2 });
  const show = ["1", "2", "3"].map((column) => !opt.has(column));
  const indent = ["", show[0] ? "\t" : "", (show[0] ? "\t" : "") + (show[1] ? "\t" : "")];
  const [name1 = "", name2 = ""] = opt.operands;
  const input1 = yield* openOrDie(p, name1);
  const input2 = yield* openOrDie(p, name2);
  const [a, b] = [new LineReader(input1), new LineReader(input2)];
  let line1 = a.next();
  if (isSteps(line1)) line1 = yield* line1;
  let line2 = b.next();
  if (isSteps(line2)) line2 = yield* line2;
  while (line1 !== undefined || line2 !== undefined) {
    const [text1, text2] = [chomp(line1), chomp(line2)];
    const order =
      text1 === undefined
        ? 1
        : text2 === undefined
          ? -1
          : text1 < text2
            ? -1
            : text1 > text2
              ? 1
              : 0;
    const column = order < 0 ? 0 : order > 0 ? 1 : 2;
    if (show[column]) {
      const w = p.stdout.puts(`${indent[column]}${order > 0 ? text2 : text1}\n`);
      if (w) yield* w;
    }
    if (order <= 0) {
      line1 = a.next();
      if (isSteps(line1)) line1 = yield* line1;
    }
    if (order >= 0) {
      line2 = b.next();
      if (isSteps(line2)) line2 = yield* line2;
    }
  }
  closeInput(p, input1);
  closeInput(p, input2);
  return 0;
}

function chomp(line: string | undefined): string | undefined {
  return line?.endsWith("\n") ? line.slice(0, -1) : line;
}

export const comm: Applet = {
  name: "comm",
  path: "/usr/bin/comm",
  usage: `[-123] FILE1 FILE2

Compare sorted FILE1 with FILE2, in three columns

	-1	Leave out lines that only FILE1 has
	-2	Leave out lines that only FILE2 has
	-3	Leave out lines that both have
`,
  main,
};

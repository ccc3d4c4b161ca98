// echo, printf, test, [ and [[ as builtins.
import { type Blocking, isSteps, type Steps } from "../../abi/program.ts";
import { type Builtin, regular } from "../bltin.ts";
import type { Shell } from "../shell.ts";
import { echoText } from "./echo.ts";
import { printfMain } from "./printf.ts";
import { testMain } from "./test.ts";

function test(sh: Shell, argv: readonly string[]): Blocking<number> {
  let complaint = "";
  const status = testMain(sh.sys, argv, (message) => {
    complaint += `${sh.appletName}: ${message}\n`;
  });
  return complaint === "" ? status : sh.print2(complaint, status);
}

function printf(sh: Shell, argv: readonly string[]): Blocking<number> {
  const complaints: { before: string; message: string }[] = [];
  const { text, status } = printfMain(argv, (message, before) => {
    complaints.push({ before, message: `${sh.appletName}: ${message}\n` });
  });
  return complaints.length === 0 ? sh.print(text, status) : inTurn(sh, complaints, text, status);
}

/** Complaints come between what was printed before and after them. */
function* inTurn(
  sh: Shell,
  complaints: readonly { before: string; message: string }[],
  text: string,
  status: number,
): Steps<number> {
  for (const { before, message } of complaints) {
    const p = sh.print(before);
    if (isSteps(p)) yield* p;
    const w = sh.print2(message, 0);
    if (isSteps(w)) yield* w;
  }
  const p = sh.print(text, status);
  return isSteps(p) ? yield* p : p;
}

export const IO = (): readonly Builtin[] => [
  regular("echo", (sh, argv) => sh.print(echoText(argv))),
  regular("printf", printf),
  regular("test", test),
  regular("[", test),
  regular("[[", test),
];

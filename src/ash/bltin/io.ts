// echo, printf, test, [ and [[ as builtins.
import type { Blocking } from "../../abi/program.ts";
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
  let complaint = "";
  const { text, status } = printfMain(argv, (message) => {
    complaint += `${sh.appletName}: ${message}\n`;
  });
  return complaint === "" ? sh.print(text, status) : sh.printBoth(text, complaint, status);
}

export const IO: readonly Builtin[] = [
  regular("echo", (sh, argv) => sh.print(echoText(argv))),
  regular("printf", printf),
  regular("test", test),
  regular("[", test),
  regular("[[", test),
];

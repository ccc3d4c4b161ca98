import { applet } from "../../../test/support/applet.ts";
import { env } from "./env.ts";

applet(env, [
  { name: "empty", args: "-i A=1 B=2", stdout: "A=1\nB=2\n" },
  { name: "NUL", args: "-0 -i A=1", stdout: "A=1\u0000" },
  { name: "dash", args: "- A=3", stdout: "A=3\n" },
  { name: "no name", args: "=x", stderr: "env: putenv: Invalid argument\n", status: 1 },
  { name: "wrong option", args: "-z", stderr: "env: unrecognized option: z\n…usage", status: 1 },
]);

import { applet } from "../../../test/support/applet.ts";
import { du } from "./du.ts";

applet(du, [
  { name: "a tree", files: { "t/u/x": "X" }, args: "t", stdout: "4\tt/u\n4\tt\n" },
  { name: "files too", files: { "t/x": "X" }, args: "-a t", stdout: "4\tt/x\n4\tt\n" },
  { name: "a sum", files: { "t/x": "X" }, args: "-sh t", stdout: "4.0K\tt\n" },
  { name: "with a total", files: { "t/x": "X" }, args: "-c t/x", stdout: "4\tt/x\n4\ttotal\n" },
  { name: "missing", args: "nope", stderr: "du: nope: No such file or directory\n", status: 1 },
]);

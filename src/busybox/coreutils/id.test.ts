import { applet } from "../../../test/support/applet.ts";
import { groups, id } from "./id.ts";

applet(id, [
  {
    name: "a user",
    args: "bin",
    stdout: "uid=1(bin) gid=1(bin) groups=1(bin),1(bin),2(daemon),3(sys)\n",
  },
  { name: "number", args: "-u bin", stdout: "1\n" },
  { name: "names of groups", args: "-Gn daemon", stdout: "daemon bin adm\n" },
  { name: "unknown", args: "nope", stderr: "id: unknown user nope\n", status: 1 },
  { name: "-n alone", args: "-n", stderr: "usage", status: 1 },
  { name: "two kinds", args: "-ug", stderr: "usage", status: 1 },
]);

applet(groups, [
  { name: "of a user", args: "bin", stdout: "bin daemon sys\n" },
  { name: "unknown", args: "nope", stderr: "groups: unknown user nope\n", status: 1 },
]);

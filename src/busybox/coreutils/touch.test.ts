import { applet } from "../../../test/support/applet.ts";
import { touch } from "./touch.ts";

applet(touch, [
  { name: "makes files", args: "a", after: { a: "" } },
  { name: "or not", args: "-c a", after: { a: undefined } },
  { name: "wrong dates", args: "-d xx a", stderr: "touch: invalid date 'xx'\n", status: 1 },
  {
    name: "a missing reference",
    args: "-r nope a",
    stderr: "touch: can't stat 'nope': No such file or directory\n",
    status: 1,
  },
  {
    name: "what cannot be made",
    args: "nope/x",
    stderr: "touch: nope/x: No such file or directory\n",
    status: 1,
  },
]);

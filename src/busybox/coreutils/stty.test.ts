import { applet } from "../../../test/support/applet.ts";
import { stty } from "./stty.ts";

applet(stty, [
  { name: "wants a terminal", stderr: "stty: standard input: Not a tty\n", status: 1 },
  {
    name: "words it does not know",
    args: "foo",
    stderr: "stty: invalid number 'foo'\n",
    status: 1,
  },
  { name: "nor these", args: "-size", stderr: "stty: invalid argument '-size'\n", status: 1 },
  { name: "a value", args: "intr", stderr: "stty: intr requires an argument\n", status: 1 },
  {
    name: "not both",
    args: "-a -g",
    stderr: "stty: -a and -g are mutually exclusive\n",
    status: 1,
  },
  {
    name: "modes may not be set then",
    args: "-a raw",
    stderr: "stty: modes may not be set when -a or -g is used\n",
    status: 1,
  },
]);

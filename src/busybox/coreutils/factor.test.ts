import { applet } from "../../../test/support/applet.ts";
import { factor } from "./factor.ts";

applet(factor, [
  {
    name: "numbers",
    args: "12 1 0 97 18446744073709551615 18446744073709551557",
    stdout:
      "12: 2 2 3\n1:\n0:\n97: 97\n18446744073709551615: 3 5 17 257 641 65537 6700417\n18446744073709551557: 18446744073709551557\n",
  },
  {
    name: "a hard one",
    args: "1000000007000000049",
    stdout: "1000000007000000049: 3 73 10069 103549 4379491\n",
  },
  { name: "from stdin", stdin: "12 13\n14", stdout: "12: 2 2 3\n13: 13\n14: 2 7\n" },
  { name: "not a number", args: "12x", stderr: "usage", status: 1 },
  { name: "too big", args: "18446744073709551616", stderr: "usage", status: 1 },
]);

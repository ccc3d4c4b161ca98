import { applet } from "../../../test/support/applet.ts";
import { ionice } from "./ionice.ts";

applet(ionice, [
  { name: "what there is", stdout: "none: prio 0\n" },
  { name: "a class that is none", args: "-c 9 true", stderr: "ionice: bad class 9\n", status: 1 },
  {
    name: "a level without a class",
    args: "-n 3 true",
    stderr: "ionice: ioprio_set: Invalid argument\n",
    status: 1,
  },
  {
    name: "no process",
    args: "-p 999",
    stderr: "ionice: ioprio_get: No such process\n",
    status: 1,
  },
  { name: "-t", args: "-t -c 2 -p 999" },
]);

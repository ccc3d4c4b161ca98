// true and false: an exit status (POSIX true, false)
import type { Steps } from "../../abi/program.ts";
import type { Applet } from "../libbb/applet.ts";

function* succeed(): Steps<number> {
  return 0;
}

function* fail(): Steps<number> {
  return 1;
}

export const true_: Applet = {
  name: "true",
  path: "/bin/true",
  usage: "\n\nReturn success\n",
  main: succeed,
  noHelp: true,
};

export const false_: Applet = {
  name: "false",
  path: "/bin/false",
  usage: "\n\nReturn failure\n",
  main: fail,
  noHelp: true,
};

import { applet } from "../../../test/support/applet.ts";
import { setpriv } from "./setpriv.ts";

applet(setpriv, [
  { name: "no program", args: "--nnp", stderr: "usage", status: 1 },
  {
    name: "no such program",
    args: "--nnp nonex",
    stderr: "setpriv: can't execute 'nonex': No such file or directory\n",
    status: 127,
  },
  {
    name: "a capability without a sign",
    args: "--inh-caps chown true",
    stderr: "setpriv: invalid capability 'chown'\n",
    status: 1,
  },
  {
    name: "a capability that is none",
    args: "--inh-caps +foo true",
    stderr: "setpriv: unknown capability 'foo'\n",
    status: 1,
  },
]);

import { applet } from "../../../test/support/applet.ts";
import { ipcalc } from "./ipcalc.ts";
import { wget } from "./wget.ts";

applet(ipcalc, [
  { name: "network", args: "-n 10.1.2.3/24", stdout: "NETWORK=10.1.2.0\n" },
  {
    name: "everything, in its own order",
    args: "-bnmp 10.1.2.3 255.255.0.0",
    stdout: "NETMASK=255.255.0.0\nBROADCAST=10.1.255.255\nNETWORK=10.1.0.0\nPREFIX=16\n",
  },
  { name: "mask of a class", args: "-m 10.1.2.3", stdout: "NETMASK=255.0.0.0\n" },
  {
    name: "prefix 0",
    args: "-nb 1.2.3.4/0",
    stdout: "BROADCAST=255.255.255.255\nNETWORK=0.0.0.0\n",
  },
  { name: "no address", args: "-n x", stderr: "ipcalc: bad IP address: x\n", status: 1 },
  { name: "no address, silently", args: "-s -n x", status: 1 },
  { name: "prefix too long", args: "10.1.2.3/33", stderr: "usage", status: 1 },
]);

applet(wget, [
  {
    name: "unknown host",
    args: "http://nohost/",
    stderr: "wget: bad address 'nohost'\n",
    status: 1,
  },
  {
    name: "unknown scheme",
    args: "foo://x/",
    stderr: "wget: not an http or ftp url: foo://x/\n",
    status: 1,
  },
  {
    name: "nobody listens",
    args: "-q http://127.0.0.1:1/",
    stderr: "wget: can't connect to remote host (127.0.0.1): Connection refused\n",
    status: 1,
  },
]);

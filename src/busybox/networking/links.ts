// brctl, vconfig, tunctl: interfaces of kinds that this kernel cannot make say so, as on a kernel without them
import { ENOTTY, Errno } from "../../abi/errno.ts";
import { O_RDWR } from "../../abi/fcntl.ts";
import { SIOCBRADDBR, SIOCBRDELBR } from "../../abi/if.ts";
import { type Steps, settle } from "../../abi/program.ts";
import { AF_INET, SOCK_DGRAM } from "../../abi/socket.ts";
import { getopt } from "../../libc/getopt.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { strerror } from "../../libc/strerror.ts";
import { open } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const BRIDGE_COMMANDS: readonly string[] = [
  "addbr",
  "delbr",
  "addif",
  "delif",
  "show",
  "showmacs",
  "showstp",
  "stp",
  "setageing",
  "setfd",
  "sethello",
  "setmaxage",
  "setbridgeprio",
  "setportprio",
  "setpathcost",
];

function* brctlMain(p: Process): Steps<number> {
  const [command, ...args] = p.argv.slice(1);
  if (command === undefined || !BRIDGE_COMMANDS.includes(command)) p.usageError();
  if (command === "show" && args.length === 0) {
    const w = p.stdout.puts("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n");
    if (w) yield* w;
    return 0;
  }
  const name = args[0] ?? p.usageError();
  if (command === "show") return die(`bridge ${name} does not exist!`);
  const fd = p.sys.socket(AF_INET, SOCK_DGRAM, 0);
  if (command !== "addbr" && command !== "delbr") return die(`bridge ${name} does not exist!`);
  try {
    p.sys.ioctl(fd, command === "addbr" ? SIOCBRADDBR : SIOCBRDELBR, { name });
  } catch (e) {
    if (!(e instanceof Errno)) throw e;
    die(`bridge ${name}: ${e === ENOTTY ? "Package not installed" : strerror(e)}`);
  }
  return 0;
}

export const brctl: Applet = {
  name: "brctl",
  path: "/usr/sbin/brctl",
  usage: `COMMAND [BRIDGE [ARGS]]

Bridges of Ethernet interfaces (this kernel has none)
Commands:
	show [BRIDGE]...	Show bridges
	addbr BRIDGE	Make a bridge
	delbr BRIDGE	Remove a bridge
	addif BRIDGE IFACE	Add an interface
	delif BRIDGE IFACE	Take an interface out
	showmacs BRIDGE
	showstp	BRIDGE
	stp BRIDGE 1/yes/on|0/no/off
	setageing BRIDGE SECONDS
	setfd BRIDGE SECONDS
	sethello BRIDGE SECONDS
	setmaxage BRIDGE SECONDS
	setbridgeprio BRIDGE PRIO
	setportprio BRIDGE IFACE PRIO
	setpathcost BRIDGE IFACE COST
`,
  main: brctlMain,
};

const VLAN_ARGUMENTS: Readonly<Record<string, number>> = {
  add: 2,
  rem: 1,
  set_flag: 3,
  set_egress_map: 3,
  set_ingress_map: 3,
  set_name_type: 1,
};

function* vconfigMain(p: Process): Steps<number> {
  const [command = "", ...args] = p.argv.slice(1);
  const count = Object.hasOwn(VLAN_ARGUMENTS, command) ? VLAN_ARGUMENTS[command] : undefined;
  if (count === undefined || args.length < count) p.usageError();
  return die(`ioctl error for ${command}: Package not installed`);
}

export const vconfig: Applet = {
  name: "vconfig",
  path: "/sbin/vconfig",
  usage: `COMMAND [OPTIONS]

Interfaces of VLANs (this kernel has none)

	add IFACE VLAN_ID
	rem VLAN_NAME
	set_flag IFACE 0|1 VLAN_QOS
	set_egress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_ingress_map VLAN_NAME SKB_PRIO VLAN_QOS
	set_name_type NAME_TYPE
`,
  main: vconfigMain,
};

function* tunctlMain(p: Process): Steps<number> {
  const opt = getopt(p, "f:t:d:u:g:b", { max: 0 });
  const file = opt.get("f") ?? "/dev/net/tun";
  try {
    p.sys.close(yield* settle(open(p.sys, file, O_RDWR)));
  } catch (e) {
    return dieErrno(`can't open '${file}'`, e);
  }
  return dieErrno("ioctl 0x400454ca failed", ENOTTY);
}

export const tunctl: Applet = {
  name: "tunctl",
  path: "/sbin/tunctl",
  usage: `[-f DEVICE] [-t NAME | -d NAME] [-u USER] [-g GRP] [-b]

Make or remove interfaces that programs drive (this kernel has none)

	-f DEVICE	The device (/dev/net/tun)
	-t NAME	Name of the interface
	-d NAME	Remove this one
	-u USER	Whose it is
	-g GRP	Whose group's
	-b	Print only the name
`,
  main: tunctlMain,
};

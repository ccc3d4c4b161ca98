// uname: names of the system and the machine (POSIX uname; -p -i -o as in GNU)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import type { Process } from "../../libc/process.ts";
import type { Applet } from "../libbb/applet.ts";

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "snrvmpioa", {
    long: {
      all: "a",
      "kernel-name": "s",
      nodename: "n",
      "kernel-release": "r",
      release: "r",
      "kernel-version": "v",
      machine: "m",
      processor: "p",
      "hardware-platform": "i",
      "operating-system": "o",
    },
    max: 0,
  });
  const u = p.sys.uname();
  const words: Readonly<Record<string, string>> = {
    s: u.sysname,
    n: u.nodename,
    r: u.release,
    v: u.version,
    m: u.machine,
    p: "unknown",
    i: "unknown",
    o: "Linux",
  };
  // All leaves out what is not known.
  const wanted = opt.has("a") ? "snrvmo" : opt.given.length === 0 ? "s" : "snrvmpio";
  const keys = [...wanted].filter((key) => opt.has("a") || opt.has(key) || opt.given.length === 0);
  const w = p.stdout.puts(`${keys.map((key) => words[key]).join(" ")}\n`);
  if (w) yield* w;
  return 0;
}

export const uname: Applet = {
  name: "uname",
  path: "/bin/uname",
  usage: `[-amnrspvio]

Tell about the system

	-a	All of this
	-s	Name of the kernel (default)
	-n	Name of the machine in the network
	-r	Release of the kernel
	-v	Its version
	-m	Kind of machine
	-p	Kind of processor
	-i	Kind of hardware
	-o	Name of the operating system
`,
  main,
};

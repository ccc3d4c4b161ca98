// hostname, dnsdomainname: the machine's name (as in net-tools)
import type { Steps } from "../../abi/program.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { hostNames, resolveHost } from "../../libc/resolv.ts";
import { readFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

function set(p: Process, name: string): void {
  try {
    p.sys.sethostname(name);
  } catch (e) {
    dieErrno("sethostname", e);
  }
}

/** The full name that the resolver knows for this one. */
function* canonical(p: Process, name: string): Steps<{ name: string; addrs: Uint8Array[] }> {
  const addrs = yield* resolveHost(p.sys, name);
  const first = addrs[0] ?? die(`${name}: Try again`);
  return { name: (yield* hostNames(p.sys, first))[0] ?? name, addrs };
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "dfisF:v", { long: { domain: "d", fqdn: "f", file: "F" }, max: 1 });
  const file = opt.get("F");
  if (file !== undefined) {
    let text: string;
    try {
      text = strOf(yield* readFile(p.sys, file, 65536));
    } catch (e) {
      return dieErrno(`can't open '${file}'`, e);
    }
    for (const line of text.split("\n")) {
      const name = line.trim();
      if (name !== "" && !name.startsWith("#")) {
        set(p, name);
        return 0;
      }
    }
    return 1;
  }
  const given = opt.operands[0];
  if (given !== undefined) {
    set(p, given);
    return 0;
  }
  let name = p.sys.uname().nodename;
  const domain = opt.has("d") || p.progname === "dnsdomainname";
  if (domain || opt.has("f") || opt.has("i")) {
    const known = yield* canonical(p, name);
    if (opt.has("i")) name = known.addrs.map(formatAddress).join(" ");
    else if (domain) {
      const dot = known.name.indexOf(".");
      if (dot < 0) return 0;
      name = known.name.slice(dot + 1);
    } else name = known.name;
  } else if (opt.has("s")) name = name.split(".")[0] as string;
  const w = p.stdout.puts(`${name}\n`);
  if (w) yield* w;
  return 0;
}

export const hostname: Applet = {
  name: "hostname",
  path: "/bin/hostname",
  usage: `[-sidf] [HOSTNAME | -F FILE]

Show or set the machine's name

	-s	Up to its first dot
	-i	Its addresses
	-d	Its domain
	-f	Its full name
	-F FILE	Set it from FILE
`,
  main,
};

export const dnsdomainname: Applet = {
  name: "dnsdomainname",
  path: "/bin/dnsdomainname",
  usage: "\n\nShow the domain of the machine's name\n",
  main,
};

// ipcalc: network, broadcast and mask of an IPv4 address (as in Red Hat's initscripts)
import type { Steps } from "../../abi/program.ts";
import { getopt } from "../../libc/getopt.ts";
import { formatAddress, parseIPv4 } from "../../libc/inet.ts";
import { die, Exit, type Process } from "../../libc/process.ts";
import { hostNames } from "../../libc/resolv.ts";
import type { Applet } from "../libbb/applet.ts";

function bytes(n: number): Uint8Array {
  return Uint8Array.of(n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255);
}

function word(b: Uint8Array): number {
  return (
    (((b[0] as number) << 24) |
      ((b[1] as number) << 16) |
      ((b[2] as number) << 8) |
      (b[3] as number)) >>>
    0
  );
}

/** The mask that the class of an address stands for. */
function classMask(addr: number): number {
  const first = addr >>> 24;
  if (first < 128) return 0xff000000;
  return first < 192 ? 0xffff0000 : 0xffffff00;
}

function ones(n: number): number {
  let count = 0;
  for (let m = n; m !== 0; m = (m & (m - 1)) >>> 0) count++;
  return count;
}

function* main(p: Process): Steps<number> {
  const opt = getopt(p, "mbnphs", {
    long: { netmask: "m", broadcast: "b", network: "n", prefix: "p", hostname: "h", silent: "s" },
    min: 1,
    max: 2,
  });
  const wrong = (text: string): never => {
    if (opt.has("s")) throw new Exit(1);
    return die(text);
  };
  const [text = "", maskText] = opt.operands;
  const slash = text.indexOf("/");
  const host = slash < 0 ? text : text.slice(0, slash);
  let mask: number | undefined;
  if (slash >= 0) {
    const prefix = text.slice(slash + 1);
    if (!/^[0-9]+$/.test(prefix) || Number(prefix) > 32 || maskText !== undefined) p.usageError();
    const n = Number(prefix);
    mask = n === 0 ? 0 : (0xffffffff << (32 - n)) >>> 0;
  }
  const addr = word(parseIPv4(host) ?? wrong(`bad IP address: ${host}`));
  if (maskText !== undefined) mask = word(parseIPv4(maskText) ?? wrong(`bad netmask: ${maskText}`));
  if (opt.given.every(([key]) => key === "s")) p.usageError();
  const m = mask ?? classMask(addr);
  const show = (n: number): string => formatAddress(bytes(n >>> 0));
  let out = "";
  if (opt.has("m")) out += `NETMASK=${show(m)}\n`;
  if (opt.has("b")) out += `BROADCAST=${show((addr & m) | ~m)}\n`;
  if (opt.has("n")) out += `NETWORK=${show(addr & m)}\n`;
  if (opt.has("p")) out += `PREFIX=${ones(m)}\n`;
  let status = 0;
  if (opt.has("h")) {
    const name = (yield* hostNames(p.sys, bytes(addr)))[0];
    if (name !== undefined) out += `HOSTNAME=${name}\n`;
    else {
      if (!opt.has("s")) yield* p.warnx(`can't find hostname for ${host}`);
      status = 1;
    }
  }
  const w = p.stdout.puts(out);
  if (w) yield* w;
  return status;
}

export const ipcalc: Applet = {
  name: "ipcalc",
  path: "/bin/ipcalc",
  usage: `[-bnmphs] ADDRESS[/PREFIX] [NETMASK]

Show what belongs to an IPv4 address

	-b	Broadcast address
	-n	Network address
	-m	Mask
	-p	Prefix
	-h	Name of the host
	-s	No messages
`,
  main,
};

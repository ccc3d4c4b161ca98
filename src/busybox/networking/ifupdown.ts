// ifup, ifdown: interfaces as /etc/network/interfaces says (interfaces(5) of Debian, as BusyBox reads it)
import { Errno } from "../../abi/errno.ts";
import { SIOCGIFFLAGS } from "../../abi/if.ts";
import type { Steps } from "../../abi/program.ts";
import { AF_INET, SOCK_DGRAM } from "../../abi/socket.ts";
import { strOf } from "../../lib/bytes.ts";
import { getopt } from "../../libc/getopt.ts";
import { parseIPv4 } from "../../libc/inet.ts";
import { die, dieErrno, type Process } from "../../libc/process.ts";
import { exitStatus, spawn, waitpid } from "../../libc/spawn.ts";
import { readFile, readText, rename, writeFile } from "../../libc/unistd.ts";
import type { Applet } from "../libbb/applet.ts";

const FILE = "/etc/network/interfaces";
const STATE = "/run/ifstate";
const SOURCES_MAX = 32;
const FAMILIES: Readonly<Record<string, readonly string[]>> = {
  inet: ["loopback", "static", "manual", "dhcp", "bootp", "ppp", "wvdial", "tunnel"],
  inet6: ["loopback", "static", "manual", "dhcp", "auto", "v4tunnel", "tunnel"],
  link: ["none"],
};
const COMMANDS = ["pre-up", "up", "down", "post-down", "post-up", "pre-down"];

interface Interface {
  name: string;
  family: string;
  method: string;
  /** Options in order; those of COMMANDS may repeat. */
  options: [name: string, value: string][];
}

interface Interfaces {
  auto: string[];
  list: Interface[];
}

function option(i: Interface, ...names: string[]): string | undefined {
  return i.options.find(([name]) => names.includes(name))?.[1];
}

/** Lines joined at backslashes, without comments. */
function lines(text: string): string[] {
  return text
    .replace(/\\\n/g, " ")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function* read(p: Process, path: string, into: Interfaces, depth: number): Steps<void> {
  let text: string;
  try {
    text = strOf(yield* readFile(p.sys, path, 1 << 22));
  } catch (e) {
    return dieErrno(`can't open '${path}'`, e);
  }
  let current: Interface | undefined;
  const all = lines(text);
  for (const line of all) {
    const [word = "", ...rest] = line.split(/\s+/);
    if (word === "iface") {
      const [name, family, method] = rest;
      if (name === undefined || family === undefined || method === undefined)
        die(`too few parameters for line "${line}"`.replace(/ [^"]*"$/, '"'));
      const methods = Object.hasOwn(FAMILIES, family as string)
        ? FAMILIES[family as string]
        : undefined;
      if (methods === undefined) die(`unknown address type "${family}"`);
      if (!methods?.includes(method as string)) die(`unknown method "${method}"`);
      if (rest.length > 3) die(`too many parameters "${line}"`);
      current = {
        name: name as string,
        family: family as string,
        method: method as string,
        options: [],
      };
      into.list.push(current);
    } else if (word === "auto" || word.startsWith("allow-")) {
      if (word === "auto" || word === "allow-auto")
        for (const name of rest) if (!into.auto.includes(name)) into.auto.push(name);
      current = undefined;
    } else if (word === "source" || word === "source-directory") {
      current = undefined;
      if (depth >= SOURCES_MAX) die("too many levels of source");
      for (const each of rest) yield* read(p, each, into, depth + 1);
    } else if (word === "mapping") die("mapping is not supported");
    else if (current === undefined) die(`misplaced option "${line}"`);
    else {
      if (rest.length === 0) die(`option with empty value "${word}"`);
      if (!COMMANDS.includes(word) && current.options.some(([name]) => name === word))
        die(`duplicate option "${word}"`);
      current.options.push([word, line.slice(word.length).trim()]);
    }
  }
}

const prefixOf = (mask: string): number => {
  const bytes = parseIPv4(mask);
  if (/^[0-9]+$/.test(mask) || bytes === undefined) return Number(mask) || 0;
  return [...bytes].map((b) => b.toString(2).replaceAll("0", "").length).reduce((a, b) => a + b, 0);
};

const quoted = (text: string): string =>
  /^[\w.:/@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

/** The commands that a method needs; undefined when something is not told. */
function methodCommands(i: Interface, up: boolean, exists: boolean): string[] | undefined {
  const { name, method, family } = i;
  const get = (...names: string[]): string | undefined => option(i, ...names);
  const [host, size] = (get("address") ?? "").split("/", 2);
  const mask = get("netmask") ?? size;
  const gateway = get("gateway");
  const metric = get("metric");
  const mtu = get("mtu");
  const hwaddress = get("hwaddress")?.replace(/^ether\s+/, "");
  if (method === "manual" || method === "none") return [];
  // The kernel asks routers itself; setup-interfaces writes this, for ifupdown-ng.
  if (method === "auto") return [`ip link set ${name} ${up ? "up" : "down"}`];
  if (method === "loopback") {
    const addr = family === "inet" ? "127.0.0.1/8" : "::1";
    return up
      ? // A kernel gives lo its addresses by itself: that they are there already is no failure.
        [`ip addr replace ${addr} dev ${name}`, `ip link set ${name} up`]
      : [`ip addr flush dev ${name}`, `ip link set ${name} down`];
  }
  const link = [
    ...(hwaddress === undefined ? [] : [`ip link set ${name} address ${hwaddress}`]),
    `ip link set ${name}${mtu === undefined ? "" : ` mtu ${mtu}`} up`,
  ];
  if (method === "static") {
    if (host === undefined || host === "" || (mask === undefined && family === "inet"))
      return undefined;
    const six = family === "inet6";
    const peer = get("pointopoint");
    const broadcast = get("broadcast");
    const bits = mask === undefined ? 64 : prefixOf(mask);
    if (!up)
      return exists
        ? [
            ...(gateway === undefined
              ? []
              : [`ip route del ${six ? "::/0" : "default"} via ${gateway} dev ${name}`]),
            `ip addr flush dev ${name}`,
            `ip link set ${name} down`,
          ]
        : [];
    const address =
      `ip addr add ${host}/${bits}` +
      (broadcast === undefined ? "" : ` broadcast ${broadcast}`) +
      ` dev ${name}` +
      (peer === undefined ? "" : ` peer ${peer}`) +
      ` label ${name}`;
    const route =
      gateway === undefined
        ? []
        : [
            `ip route add ${six ? "::/0" : "default"} via ${gateway} dev ${name}${metric === undefined ? "" : ` metric ${metric}`}`,
          ];
    return [address, ...link, ...route];
  }
  if (method === "dhcp") {
    const file = `/var/run/udhcpc.${name}.pid`;
    if (!up) return [`kill \`cat ${file}\` 2>/dev/null`];
    let command = `udhcpc -b -R -p ${file} -i ${name}`;
    const hostname = get("hostname");
    const client = get("client", "clientid");
    const script = get("script");
    if (hostname !== undefined) command += ` -x hostname:${quoted(hostname)}`;
    if (client !== undefined) command += ` -x 0x3d:${quoted(client)}`;
    if (script !== undefined) command += ` -s ${quoted(script)}`;
    const more = get("udhcpc_opts");
    return [...link, more === undefined ? command : `${command} ${more}`];
  }
  return [`${method}: no such method here`];
}

/** Brings interfaces up or down. */
class IfUpDown {
  readonly #p: Process;
  readonly #dry: boolean;
  readonly #verbose: boolean;

  constructor(p: Process, dry: boolean, verbose: boolean) {
    this.#p = p;
    this.#dry = dry;
    this.#verbose = verbose;
  }

  #environment(i: Interface, mode: string, phase: string): [string, string][] {
    const env: [string, string][] = [
      ["IFACE", i.name],
      ["ADDRFAM", i.family],
      ["METHOD", i.method],
      ["MODE", mode],
      ["PHASE", phase],
    ];
    for (const [name, value] of i.options)
      if (!COMMANDS.includes(name))
        env.push([`IF_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`, value]);
    return env;
  }

  /** True when it went well, or was only shown. */
  *#run(
    i: Interface,
    argv: readonly string[],
    shown: string,
    mode: string,
    phase: string,
  ): Steps<boolean> {
    const p = this.#p;
    if (this.#dry || this.#verbose) {
      const w = p.stdout.puts(`${shown}\n`);
      if (w) yield* w;
    }
    if (this.#dry) return true;
    const env = this.#environment(i, mode, phase);
    const before = new Map(p.env);
    for (const [name, value] of env) p.env.set(name, value);
    const pid = yield* spawn(p, argv);
    p.env.clear();
    for (const [name, value] of before) p.env.set(name, value);
    return exitStatus(yield* waitpid(p.sys, pid)) === 0;
  }

  #shell(i: Interface, command: string, mode: string, phase: string): Steps<boolean> {
    return this.#run(i, ["/bin/sh", "-c", command], command, mode, phase);
  }

  *#phase(i: Interface, phase: string, names: readonly string[], mode: string): Steps<boolean> {
    for (const [name, value] of i.options)
      if (names.includes(name) && !(yield* this.#shell(i, value, mode, phase))) return false;
    const folder = `/etc/network/if-${phase}.d`;
    return yield* this.#run(i, ["run-parts", folder], `run-parts ${folder}`, mode, phase);
  }

  #exists(name: string): boolean {
    const fd = this.#p.sys.socket(AF_INET, SOCK_DGRAM, 0);
    try {
      this.#p.sys.ioctl(fd, SIOCGIFFLAGS, { name });
      return true;
    } catch (e) {
      if (!(e instanceof Errno)) throw e;
      return false;
    } finally {
      this.#p.sys.close(fd);
    }
  }

  *#blank(): Steps<void> {
    if (!this.#verbose) return;
    const w = this.#p.stdout.puts("\n");
    if (w) yield* w;
  }

  *up(i: Interface): Steps<boolean> {
    const commands = methodCommands(i, true, true);
    if (commands === undefined) {
      yield* this.#p.warnx(`don't have all variables for ${i.name}/${i.family}`);
      yield* this.#blank();
      return false;
    }
    let good = yield* this.#phase(i, "pre-up", ["pre-up"], "start");
    if (good) {
      // All of a method's commands are tried, so that what can be set is set.
      for (const command of commands)
        if (!(yield* this.#shell(i, command, "start", "up"))) good = false;
      if (good) good = yield* this.#phase(i, "up", ["up", "post-up"], "start");
    }
    yield* this.#blank();
    return good;
  }

  *down(i: Interface): Steps<boolean> {
    const commands = methodCommands(i, false, this.#exists(i.name)) ?? [];
    let good = yield* this.#phase(i, "down", ["down", "pre-down"], "stop");
    for (const command of commands)
      if (!(yield* this.#shell(i, command, "stop", "down"))) good = false;
    if (!(yield* this.#phase(i, "post-down", ["post-down"], "stop"))) good = false;
    yield* this.#blank();
    return good;
  }
}

function* state(p: Process): Steps<Map<string, string>> {
  const found = new Map<string, string>();
  const state = (yield* readText(p.sys, STATE)) ?? "";
  for (const line of state.split("\n")) {
    const [name = "", logical = name] = line.split("=", 2);
    if (name !== "") found.set(name, logical);
  }
  return found;
}

function* keep(p: Process, up: ReadonlyMap<string, string>): Steps<void> {
  const text = [...up].map(([name, logical]) => `${name}=${logical}\n`).join("");
  try {
    yield* writeFile(p.sys, `${STATE}.new`, text, 0o644);
    rename(p.sys, `${STATE}.new`, STATE);
  } catch (e) {
    dieErrno(`can't open '${STATE}.new'`, e);
  }
}

function* main(p: Process): Steps<number> {
  const raising = p.progname === "ifup";
  const opt = getopt(p, "anvfmi:");
  if (opt.operands.length === 0 && !opt.has("a")) p.usageError();
  if (opt.operands.length > 0 && opt.has("a")) p.usageError();
  const all: Interfaces = { auto: [], list: [] };
  yield* read(p, opt.get("i") ?? FILE, all, 0);
  const before = yield* state(p);
  let targets: readonly string[] = opt.operands;
  if (opt.has("a"))
    targets = raising ? all.auto : [...before].map(([name, l]) => `${name}=${l}`).reverse();
  const work = new IfUpDown(p, opt.has("n"), opt.has("v"));
  let status = 0;
  for (const target of targets) {
    const [name = "", given] = target.split("=", 2);
    const known = before.get(name);
    const logical = given ?? (raising ? name : (known ?? name));
    if (!opt.has("f")) {
      if (raising && known !== undefined) {
        if (!opt.has("a")) {
          yield* p.warnx(`interface ${name} already configured`);
          status = 0;
        }
        continue;
      }
      if (!raising && known === undefined) {
        if (!opt.has("a")) yield* p.warnx(`interface ${name} not configured`);
        continue;
      }
    }
    const stanzas = all.list.filter((each) => each.name === logical);
    if (stanzas.length === 0) {
      if (!opt.has("f") || raising) yield* p.warnx(`ignoring unknown interface ${name}`);
      if (!raising) before.delete(name);
      status = 1;
      continue;
    }
    let good = true;
    for (const stanza of stanzas) {
      const each = { ...stanza, name };
      if (!(yield* raising ? work.up(each) : work.down(each))) good = false;
    }
    if (!good) status = 1;
    if (raising && good) before.set(name, logical);
    else if (!raising) before.delete(name);
  }
  if (!opt.has("n")) yield* keep(p, before);
  return status;
}

const usage = (what: string): string => `[-nvf] [-i FILE] -a | IFACE...

	-a	${what} all interfaces
	-i FILE	Read FILE, not /etc/network/interfaces
	-n	Only print what would be done
	-v	Print what is done
	-f	Whether it seems to be so already or not
`;

export const ifup: Applet = { name: "ifup", path: "/sbin/ifup", usage: usage("Set up"), main };
export const ifdown: Applet = {
  name: "ifdown",
  path: "/sbin/ifdown",
  usage: usage("Take down"),
  main,
};

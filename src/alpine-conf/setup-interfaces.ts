// setup-interfaces: asks how to set up network interfaces and writes /etc/network/interfaces (setup-interfaces(8)).
import type { Program, Steps } from "../abi/program.ts";
import { isSteps } from "../abi/program.ts";
import { strOf } from "../lib/bytes.ts";
import { Exit } from "../libc/process.ts";
import { readAll } from "../libc/unistd.ts";
import { type FamilyConfig, InterfaceTable } from "./interface-table.ts";
import { linesOf, type Setup, setupProgram, words } from "./libalpine.ts";
import { configureWifi } from "./wifi.ts";

const USAGE = `usage: setup-interfaces [-abhir] [-p ROOT] [-w FILE]

Sets up the interfaces of the network

options:
 -a  Without questions, by DHCP
 -b  Ask about bridges too
 -h  Show this text
 -i  Take the contents of /etc/network/interfaces from standard input
 -p  Work on the system in this folder
 -r  Restart the network afterwards
 -w  Take this file as /etc/wpa_supplicant/wpa_supplicant.conf
`;
const IFACE_HELP = `
Name the interface to set up.

There may also be:
br[0-9]+	(ex: br0)	a bridge
bridge[0-9]+	(ex: bridge0)	a bridge
bond[0-9]+	(ex: bond32)	a bond
vlan[0-9]+	(ex: vlan371)	a vlan
eth?.[0-9]+	(ex: eth0.371)	a vlan
bond?.[0-9]+	(ex: bond0.371)	a vlan

You will be asked which interfaces they are made of.

Enter 'none' to leave all as it is.

`;
const ADDRESS_HELP = `
Enter the address of this interface.

dhcp					An address from the network, by DHCP
none					No address
n.n.n.n		(ex: 192.168.0.1)	This IPv4 address
n.n.n.n/m	(ex: 192.168.0.1/24)	This IPv4 address and netmask
<IPv6>		(ex: fec0:0:0:1::2)	This IPv6 address
<IPv6>/m	(ex: fec0:0:0:1::2/64)	This IPv6 address and netmask
br[0-9]+	(ex: br0)		Make it part of a bridge
bridge[0-9]	(ex: bridge0)		Make it part of a bridge

You will be asked for a netmask where there is none.

`;

/** How one family is asked for. */
interface Family {
  name: "IPv4" | "IPv6";
  max: number;
  mask: string;
  method: string;
  extra: string;
  valid: (address: string) => boolean;
}

const IPV4: Family = {
  name: "IPv4",
  max: 32,
  mask: "24",
  method: "dhcp",
  extra: "",
  valid: (address) =>
    /^\d{1,3}(\.\d{1,3}){3}(\/\d+)?$/.test(address) &&
    address.split(/[./]/, 4).every((part) => Number(part) < 256),
};
const IPV6: Family = {
  name: "IPv6",
  max: 128,
  mask: "64",
  method: "auto",
  extra: "'auto', ",
  valid: (address) => address.includes(":"),
};

class Asker {
  readonly s: Setup;
  readonly table: InterfaceTable;
  readonly askBridge: boolean;

  constructor(s: Setup, table: InterfaceTable, askBridge: boolean) {
    this.s = s;
    this.table = table;
    this.askBridge = askBridge;
  }

  get ipv6(): boolean {
    return this.s.isFile("/proc/net/if_inet6");
  }

  *#currentAddress(iface: string, family: Family): Steps<string> {
    const { s } = this;
    const running = yield* s.run(["pidof", "dhcpcd"], { stdout: "null" });
    if (running === 0 && s.isFile(`${s.root}/var/lib/dhcpc/dhcpcd-${iface}.info`)) return "dhcp";
    if (!s.exists(`${s.root}/sys/class/net/${iface}`)) return "";
    const text = yield* s.output([...s.mock, "ip", "addr", "show", iface]);
    const word = family.name === "IPv6" ? "inet6" : "inet";
    const row = linesOf(text)
      .map(words)
      .find(([first]) => first === word);
    return row?.[1] ?? "";
  }

  *#currentGateway(iface: string, family: Family): Steps<string> {
    const { s } = this;
    if (!s.exists(`${s.root}/sys/class/net/${iface}`)) return "";
    const six = family.name === "IPv6" ? ["-6"] : [];
    const text = yield* s.output([...s.mock, "ip", ...six, "route", "show", "dev", iface]);
    const row = linesOf(text)
      .map(words)
      .find(([first]) => first === "default");
    return row?.[2] ?? "";
  }

  /** Address, netmask and gateway of one family. */
  *#family(iface: string, config: FamilyConfig, preset: string, family: Family): Steps<void> {
    const { s, table } = this;
    let address = "";
    do {
      const shown = preset || (yield* this.#currentAddress(iface, family)) || family.method;
      const question = `${family.name} address for ${iface}? (or ${family.extra}'dhcp', 'none', '?')`;
      address = yield* s.ask(question, shown);
      if (address === "?") yield* s.print(ADDRESS_HELP);
      else if (address === "abort") return;
      else if (address === "auto" || address === "dhcp" || address === "none") {
        config.type = address === "none" ? "manual" : address;
        table.done(iface);
        return;
      } else if (/^(br|bridge)\d/.test(address) && !/^(br|bridge)\d/.test(iface)) {
        table.join(table.bridgePorts, address, iface);
        return;
      }
    } while (!family.valid(address));
    const [plain = "", given = ""] = address.split("/");
    let mask = given;
    while (!/^\d+$/.test(mask) || Number(mask) > family.max) {
      mask = yield* s.ask("Netmask?", family.mask);
      if (mask === "abort") return;
    }
    let gateway = "";
    do {
      const current = (yield* this.#currentGateway(iface, family)) || "none";
      gateway = yield* s.ask("Gateway? (or 'none')", current);
      if (gateway === "abort") return;
      if (gateway === "none") gateway = "";
    } while (gateway !== "" && !family.valid(gateway));
    config.type = "static";
    config.address = `${plain}/${mask}`;
    config.gateway = gateway;
    yield* s.echo(`${family.name} configuration for ${iface}:`);
    yield* s.echo(`  type=static\n  address=${plain}/${mask}\n  gateway=${gateway}`);
    table.done(iface);
  }

  *iface(iface: string, preset = ""): Steps<void> {
    const { s, table } = this;
    const bridgeQuestion = `Do you want to bridge the interface ${iface}? (y/n)`;
    if (this.askBridge && !table.isBridge(iface) && (yield* s.askYesno(bridgeQuestion, "y"))) {
      const suggested = `br${iface.replace(/\D/g, "")}`;
      const bridge = yield* s.ask(`Name of the bridge you want add ${iface} to:`, suggested);
      table.join(table.bridgePorts, bridge, iface);
      return;
    }
    if (s.isDir(`${s.root}/sys/class/net/${iface}/phy80211`) && !(yield* configureWifi(s, iface)))
      return;
    const config = table.config(iface);
    yield* this.#family(iface, config.inet, preset, IPV4);
    if (this.ipv6) yield* this.#family(iface, config.inet6, preset, IPV6);
  }

  /** Asks for the parts of a bridge or bond; false when the user gives up. */
  *parts(kind: "bridge" | "bond", master: string): Steps<boolean> {
    const { s, table } = this;
    const map = kind === "bridge" ? table.bridgePorts : table.bondSlaves;
    const [title, plural, question] =
      kind === "bridge"
        ? ["Bridge ports", "bridge ports", `Which port(s) do you want add to bridge ${master}?`]
        : ["Bond slaves", "bond slaves", `Which slave(s) do you want add to ${master}?`];
    for (;;) {
      const available = table.available;
      if (available.length === 0) return true;
      const parts = map.get(master);
      if (parts !== undefined) yield* s.echo(`${title} in ${master} are: ${parts.join(" ")}`);
      yield* s.echo(`Available ${plural} are: ${available.join(" ")}`);
      const answer = yield* s.ask(`${question} (or 'done')`, available[0]);
      if (answer === "abort") return false;
      if (answer === "done") return true;
      for (const name of words(answer)) {
        if (table.isLeft(name)) table.join(map, master, name);
        else yield* s.echo(`${name} is not valid`);
      }
    }
  }

  *vlan(iface: string): Steps<boolean> {
    const { s, table } = this;
    if (iface.startsWith("vlan")) {
      const list = function* (): Steps<string[]> {
        return table.left;
      };
      const raw = yield* s.askWhich("raw device", `do you want use for ${iface}`, list);
      table.rawDevice.set(iface, raw);
      return true;
    }
    const raw = iface.slice(0, iface.lastIndexOf("."));
    if (table.isLeft(raw) || table.bondSlaves.has(raw)) return true;
    yield* s.echo(`${raw} is not a valid raw device for ${iface}`);
    return false;
  }

  /** What to do for one answer. */
  *choose(answer: string): Steps<void> {
    let ok = true;
    if (/^(br|bridge|virbr)\d/.test(answer)) ok = yield* this.parts("bridge", answer);
    else if (/^bond\d.*\.\d/.test(answer)) {
      const bond = answer.slice(0, answer.lastIndexOf("."));
      ok = yield* this.parts("bond", bond);
      if (ok) {
        yield* this.iface(bond, "none");
        ok = yield* this.vlan(answer);
      }
    } else if (/^bond\d/.test(answer)) ok = yield* this.parts("bond", answer);
    else if (/\.\d|^vlan\d/.test(answer)) ok = yield* this.vlan(answer);
    else ok = this.table.isLeft(answer);
    if (ok) yield* this.iface(answer);
  }
}

/** Asks for all; false: leave everything as it is. */
function* askAll(s: Setup, askBridge: boolean): Steps<boolean> {
  const given = words(s.env("INTERFACES"));
  const table = new InterfaceTable(s, given.length > 0 ? given : yield* s.availableIfaces());
  const asker = new Asker(s, table, askBridge);
  while (table.left.length > 0) {
    yield* s.echo(`Available interfaces are: ${table.left.join(" ")}.`);
    yield* s.echo("Enter '?' for help on bridges, bonding and vlans.");
    const answer = yield* s.ask(
      "Which one do you want to initialize? (or '?' or 'done')",
      table.left[0],
    );
    if (answer === "none") return false;
    if (answer === "done") break;
    if (answer === "?") yield* s.print(IFACE_HELP);
    else yield* asker.choose(answer);
  }
  const lxc = (yield* s.output(["openrc", "--sys"])) === "LXC";
  if (!lxc || !/inet.*127\.0/.test(yield* s.output(["ip", "addr", "show", "lo"]))) {
    const inet6: FamilyConfig = asker.ipv6 ? { type: "loopback" } : {};
    table.configs.unshift({ name: "lo", inet: { type: "loopback" }, inet6 });
  }
  const path = `${s.root}/etc/network/interfaces`;
  let text = table.render();
  if (yield* s.askYesno("Do you want to do any manual network configuration? (y/n)", "n"))
    text = yield* edited(s, text);
  if (table.packages.length > 0) yield* s.run(["apk", "add", "--quiet", ...table.packages]);
  yield* s.write(path, text);
  return true;
}

/** Lets the user change a text. */
function* edited(s: Setup, text: string): Steps<string> {
  const editor = s.env("EDITOR");
  if (editor === "nano" || editor === "vim") yield* s.run(["apk", "add", editor]);
  const file = yield* s.output(["mktemp"]);
  yield* s.write(file, text);
  yield* s.run([...words(editor || "vi"), file]);
  const now = (yield* s.text(file)) ?? text;
  s.remove(file);
  return now;
}

/** The first interface that has a link, after a moment the first one. */
function* firstUp(s: Setup, names: readonly string[]): Steps<string> {
  const tries = Number(s.env("SETUP_INTERFACES_LINK_WAIT_MAX") || "11");
  for (let i = 0; i <= tries; i++) {
    for (const name of names) {
      const state = yield* s.text(`${s.root}/sys/class/net/${name}/operstate`);
      if (state?.trim() === "up") return name;
    }
    const nap = s.sys.nanosleep(100);
    if (isSteps(nap)) yield* nap;
  }
  return names[0] as string;
}

function* automatic(s: Setup): Steps<void> {
  const names = yield* s.availableIfaces();
  if (names.length === 0) return;
  for (const name of names) yield* s.mocked(["ip", "link", "set", "dev", name, "up"]);
  const chosen = yield* firstUp(s, names);
  for (const name of names)
    if (name !== chosen) yield* s.mocked(["ip", "link", "set", "dev", name, "down"]);
  const ipv6 = s.isFile("/proc/net/if_inet6");
  yield* s.write(
    `${s.root}/etc/network/interfaces`,
    `auto lo\niface lo inet loopback\n${ipv6 ? "iface lo inet6 loopback\n" : ""}\n` +
      `auto ${chosen}\niface ${chosen} inet dhcp\n${ipv6 ? `iface ${chosen} inet6 auto\n` : ""}`,
  );
}

function* importWifi(s: Setup, file: string): Steps<void> {
  if (file === "") return;
  const text = s.isFile(file) ? yield* s.text(file) : undefined;
  if (text === undefined) s.die(`${file}: wpa_supplicant config not found`);
  yield* s.run(["apk", "add", "--quiet", "--no-progress", "wpa_supplicant"]);
  yield* s.run(["rc-update", "--quiet", "add", "wpa_supplicant", "boot"]);
  s.mkdirs(`${s.root}/etc/wpa_supplicant`);
  yield* s.write(`${s.root}/etc/wpa_supplicant/wpa_supplicant.conf`, text);
}

function* main(s: Setup): Steps<number> {
  const { options } = yield* s.getopts("abhip:rw:");
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  const root = options.findLast(([l]) => l === "p")?.[1];
  if (root !== undefined) s.root = root;
  if (s.p.argv[1] === "none") return 0;
  s.mkdirs(`${s.root}/etc/network`);
  if (has("i")) {
    const text = strOf(yield* readAll(s.sys, 0, 0x10_0000));
    yield* s.write(`${s.root}/etc/network/interfaces`, text);
  } else if (has("a")) yield* automatic(s);
  else if (!(yield* askAll(s, has("b") || (yield* s.isXenDom0())))) throw new Exit(0);
  yield* importWifi(s, options.findLast(([l]) => l === "w")?.[1] ?? s.env("WIFIOPTS"));
  if (!has("r")) return 0;
  return yield* s.run(["rc-service", "networking", "--quiet", "restart"], { stdout: "null" });
}

/** The program. */
export const setupInterfaces: Program = setupProgram(USAGE, main);

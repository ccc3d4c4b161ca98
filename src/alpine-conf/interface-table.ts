// What setup-interfaces has learned of interfaces while it asks: which are left, bridges, bonds, and what to write.
import type { Setup } from "./libalpine.ts";

/** A family's part of an interface. */
export interface FamilyConfig {
  type?: string;
  address?: string;
  gateway?: string;
}

/** An interface's stanzas. */
export interface InterfaceConfig {
  name: string;
  inet: FamilyConfig;
  inet6: FamilyConfig;
}

export class InterfaceTable {
  readonly #s: Setup;
  readonly #left = new Set<string>();
  /** Ports of bridges, slaves of bonds, devices below vlans. */
  readonly bridgePorts: Map<string, string[]> = new Map();
  readonly bondSlaves: Map<string, string[]> = new Map();
  readonly rawDevice: Map<string, string> = new Map();
  readonly configs: InterfaceConfig[] = [];

  constructor(s: Setup, names: readonly string[]) {
    this.#s = s;
    for (const name of names) if (name !== "lo" && name !== "docker0") this.#left.add(name);
  }

  /** Interfaces without configuration. */
  get left(): string[] {
    return [...this.#left].sort();
  }
  isLeft(name: string): boolean {
    return this.#left.has(name);
  }
  done(name: string): void {
    this.#left.delete(name);
  }

  isBridge(name: string): boolean {
    return (
      this.bridgePorts.has(name) || this.#s.exists(`${this.#s.root}/sys/class/net/${name}/bridge`)
    );
  }

  /** Those that may become part of a bridge or bond. */
  get available(): string[] {
    return this.left.filter((name) => !this.isBridge(name) && !this.bondSlaves.has(name));
  }

  /** Makes one interface part of another, which then wants configuration itself. */
  join(table: Map<string, string[]>, master: string, name: string): void {
    const parts = table.get(master);
    if (parts === undefined) table.set(master, [name]);
    else parts.push(name);
    this.#left.add(master);
    this.#left.delete(name);
  }

  config(name: string): InterfaceConfig {
    const config = { name, inet: {}, inet6: {} };
    this.configs.push(config);
    return config;
  }

  #family(config: InterfaceConfig, family: "inet" | "inet6"): string {
    const { type, address, gateway } = config[family];
    if (type === undefined) return "";
    let text = `iface ${config.name} ${family} ${type}\n`;
    const ports = this.bridgePorts.get(config.name);
    const slaves = this.bondSlaves.get(config.name);
    const raw = this.rawDevice.get(config.name);
    if (ports !== undefined) text += `\tbridge-ports ${ports.join(" ")}\n`;
    if (slaves !== undefined) text += `\tbond-slaves ${slaves.join(" ")}\n`;
    if (raw !== undefined) text += `\tvlan-raw-device ${raw}\n`;
    if (type === "manual") text += "\tup ip link set $IFACE up\n\tdown ip link set $IFACE down\n";
    if (type === "static") {
      text += `\taddress ${address ?? ""}\n`;
      if (gateway) text += `\tgateway ${gateway}\n`;
    }
    return text;
  }

  /** The text of /etc/network/interfaces. */
  render(): string {
    return this.configs
      .filter(({ inet, inet6 }) => inet.type !== undefined || inet6.type !== undefined)
      .map((c) => `auto ${c.name}\n${this.#family(c, "inet")}${this.#family(c, "inet6")}\n`)
      .join("");
  }

  /** Packages that bring up what was configured. */
  get packages(): string[] {
    const names = new Set<string>();
    for (const { name, inet, inet6 } of this.configs) {
      if (inet.type === undefined && inet6.type === undefined) continue;
      if (this.bridgePorts.has(name)) names.add("bridge");
      if (this.bondSlaves.has(name)) names.add("bonding");
      const vlan = /\.\d|^vlan/.test(name);
      if (vlan && !this.#s.isFile(`${this.#s.root}/usr/libexec/ifupdown-ng/link`))
        names.add("vlan");
    }
    return [...names];
  }
}

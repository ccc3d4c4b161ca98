// A machine's network as its owner sets it: whom it may reach, which ports of the host lead in, resolv.conf.
import { MS_RDONLY } from "../abi/mount.ts";
import type { Host } from "../kernel/host.ts";
import { attachNetwork, type Network, publish } from "../kernel/net/network.ts";
import { type NetworkPolicy, policyError } from "../kernel/net/policy.ts";
import { NAME_SERVER } from "../kernel/net/slirp.ts";
import { encodeUtf8 } from "../lib/utf8.ts";
import type { Booted } from "./boot.ts";
import { BivyError } from "./errors.ts";
import type { MachineFs } from "./fs.ts";

/** A port of the host that leads into the machine. */
export interface PortOptions {
  /** Port that something in the machine listens on. */
  port: number;
  /** Port of the host; 0 (the default) takes a free one. */
  hostPort?: number;
  /** Address of the host; default every one. */
  address?: string;
  /** Default "tcp". */
  protocol?: "tcp" | "udp";
}

/** A port that is open. */
export interface PublishedPort {
  readonly port: number;
  readonly hostPort: number;
  readonly address: string;
  readonly protocol: "tcp" | "udp";
}

interface NetworkOptions {
  readonly host: Host;
  readonly network?: NetworkPolicy;
  readonly networkConfigured?: boolean;
  readonly ports?: readonly PortOptions[];
}

function checked(policy: NetworkPolicy, host: Host): NetworkPolicy {
  if (typeof policy !== "string" && policy.allow.length === 0) return policy;
  const bytes =
    typeof policy === "string" ? policy : { allow: policy.allow.map((rule) => encodeUtf8(rule)) };
  const wrong = policyError(bytes);
  if (wrong !== undefined) throw new BivyError("ERR_NETWORK", wrong);
  if (policy !== "none" && host.uplink === undefined)
    throw new BivyError("ERR_NETWORK", "this host has no sockets to lend", {
      hint: 'boot with network: "none"',
    });
  return bytes;
}

/** What a machine holds of its network. */
export class MachineNetwork {
  readonly ports: Promise<readonly PublishedPort[]>;
  readonly #network: Network;
  readonly #undo: (() => void)[] = [];

  constructor(booted: Booted, fs: MachineFs, options: NetworkOptions) {
    const { host, network = "none", networkConfigured = true, ports = [] } = options;
    const policy = checked(network, host);
    this.#network = attachNetwork(booted.kernel, host.uplink, policy, networkConfigured);
    if (this.#network.gateway !== undefined && networkConfigured) writeResolvConf(booted, fs);
    this.ports = Promise.all(ports.map((each) => this.#publish(booted, each)));
    // Who does not ask for the ports is not troubled by their failure.
    this.ports.catch(() => {});
  }

  #publish(booted: Booted, wish: PortOptions): Promise<PublishedPort> {
    const { gateway } = this.#network;
    const { port, hostPort = 0, address = "", protocol = "tcp" } = wish;
    return new Promise((resolve, reject) => {
      if (gateway === undefined)
        throw new BivyError("ERR_PORT_FAILED", "a machine without network has no ports", {
          hint: "boot with a network, if only { allow: [] }",
        });
      const full = { address, hostPort, port, protocol };
      const undo = publish(booted.kernel, gateway, full, (error, bound) => {
        if (error === undefined) resolve({ ...full, hostPort: bound });
        else
          reject(
            new BivyError(
              "ERR_PORT_FAILED",
              `cannot listen on ${address || "*"}:${hostPort}/${protocol}: ${reason(error.code)}`,
              { cause: error },
            ),
          );
      });
      this.#undo.push(undo);
    });
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#network.close();
  }
}

function reason(code: string): string {
  if (code === "EADDRINUSE") return "port is already allocated";
  if (code === "EACCES") return "permission denied";
  if (code === "EADDRNOTAVAIL") return "cannot assign requested address";
  return code;
}

/** As container engines do, on a root that is read-only as well; what is there is left alone. */
function writeResolvConf(booted: Booted, fs: MachineFs): void {
  if (fs.existsSync("/etc/resolv.conf") || !fs.existsSync("/etc")) return;
  const { mount } = booted.ns.root;
  const { flags } = mount;
  mount.flags = flags & ~MS_RDONLY;
  try {
    fs.writeFileSync("/etc/resolv.conf", `nameserver ${NAME_SERVER.join(".")}\n`);
  } finally {
    mount.flags = flags;
  }
}

// /proc/net: tables of the network (proc_pid_net(5)). The network part fills them; without it they are empty.
import type { Kernel } from "../../kernel.ts";
import type { Task } from "../../task.ts";
import { FixedDirectory, type GeneratedSuperBlock, type Make, text } from "../generated.ts";
import type { Inode } from "../inode.ts";

/** Heads of the tables, as they stand when there is nothing in them. */
const EMPTY_TABLES: Readonly<Record<string, string>> = Object.freeze({
  arp: "IP address       HW type     Flags       HW address            Mask     Device\n",
  dev:
    "Inter-|   Receive                                                |  Transmit\n" +
    " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n",
  dev_mcast: "",
  if_inet6: "",
  igmp: "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n",
  ipv6_route: "",
  netlink:
    "sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode\n",
  netstat: "",
  packet: "sk               RefCnt Type Proto  Iface R Rmem   User   Inode\n",
  protocols:
    "protocol  size sockets  memory press maxhdr  slab module     cl co di ac io in de sh ss gs se re bi br ha uh gp em\n",
  raw: "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
  raw6: "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
  route: `${"Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT".padEnd(127)}\n`,
  snmp: "",
  sockstat: "sockets: used 0\nTCP: inuse 0 orphan 0 tw 0 alloc 0 mem 0\nUDP: inuse 0 mem 0\n",
  tcp: `${"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode".padEnd(149)}\n`,
  tcp6: "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n",
  udp: `${"   sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops".padEnd(127)}\n`,
  udp6: "  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n",
  unix: "Num       RefCount Protocol Flags    Type St Inode Path\n",
});

/** What a table of /proc/net says; replaces the whole text, head included. */
export type NetTable = (task: Task) => string;

/** Tables that the network part keeps, by file name: set entries to fill /proc/net. */
export function netTables(kernel: Kernel): Map<string, NetTable> {
  return kernel.slot("proc.net", () => new Map<string, NetTable>());
}

/** /proc/PID/net. */
export function netDirectory(sb: GeneratedSuperBlock): Inode {
  const tables = netTables(sb.kernel);
  const entries = new Map<string, Make>();
  const names = new Set([...Object.keys(EMPTY_TABLES), ...tables.keys()]);
  for (const name of [...names].sort()) {
    entries.set(
      name,
      text((task) => tables.get(name)?.(task) ?? EMPTY_TABLES[name] ?? ""),
    );
  }
  return new FixedDirectory(sb, entries);
}

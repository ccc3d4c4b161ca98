// The words of ip's command lines: abbreviations, prefixes, devices, and the complaints about them.

import type { Steps } from "../../../abi/program.ts";
import { IFLA_IFNAME, RTM_GETLINK } from "../../../abi/rtnetlink.ts";
import { AF_INET, AF_INET6 } from "../../../abi/socket.ts";
import { nlAttributes, nlText, u32Of } from "../../../lib/netlink.ts";
import { formatAddress, parseIPv4, parseIPv6 } from "../../../libc/inet.ts";
import { die, type Process } from "../../../libc/process.ts";
import { Rtnl } from "./rtnl.ts";

/** What all of ip's objects share. */
export interface Ip {
  readonly p: Process;
  readonly rtnl: Rtnl;
  /** AF_UNSPEC without -4 and -6. */
  readonly family: number;
  /** -o: one line a record. */
  readonly oneLine: boolean;
  /** Which of the common options was given: "link" is -0. */
  readonly links: Map<number, string>;
}

/** Opens the session and learns the names of the interfaces. */
export function* openIp(p: Process, family: number, oneLine: boolean): Steps<Ip> {
  const rtnl = new Rtnl(p.sys);
  const links = new Map<number, string>();
  const all = yield* rtnl.dump(RTM_GETLINK, new Uint8Array(16));
  for (const { body } of all)
    links.set(u32Of(body, 4), nlText(nlAttributes(body, 16).get(IFLA_IFNAME)));
  return { p, rtnl, family, oneLine, links };
}

/** Writes to stdout. */
export function* put(ip: Ip, text: string): Steps<void> {
  const w = ip.p.stdout.puts(text);
  if (w) yield* w;
}

/** "-o" joins the lines of a record. */
export function record(ip: Ip, lines: readonly string[]): string {
  return `${lines.join(ip.oneLine ? "\\" : "\n")}\n`;
}

/** The words of a command line, one by one. */
export class Words {
  readonly #words: readonly string[];
  #at = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
  }

  get next(): string | undefined {
    return this.#words[this.#at];
  }
  take(): string | undefined {
    return this.#words[this.#at++];
  }
  /** The word that must follow; ends the program without one. */
  value(of: string): string {
    return this.take() ?? die(`${of} requires an argument`);
  }
}

/** Ends the program: "invalid argument 'x' to 'y'". */
export function invalid(word: string, of: string, status?: number): never {
  return die(`invalid argument '${word}' to '${of}'`, status);
}

/** The first of the words that begins with what was given; undefined when none does. */
export function expand<T extends string>(given: string, words: readonly T[]): T | undefined {
  if (given === "") return undefined;
  return words.find((word) => word === given) ?? words.find((word) => word.startsWith(given));
}

/** The index of an interface; ends the program when there is none. */
export function linkIndex(ip: Ip, name: string, status?: number): number {
  for (const [index, known] of ip.links) if (known === name) return index;
  return die(`can't find device '${name}'`, status);
}

/** An address or network as a command line has it. */
export interface Prefix {
  family: number;
  addr: Uint8Array;
  prefix: number;
  /** A length was given. */
  given: boolean;
}

/** "10.1.2.3/24", "10.1/16", "fd00::/64", "default"; ends the program for what is none. */
export function parsePrefix(text: string, family: number): Prefix {
  const wrong = (): never =>
    die(
      `an ${family === AF_INET6 ? "inet6" : "inet"} prefix is expected rather than "${text.split("/", 1)[0]}"`,
    );
  if (text === "default" || text === "any" || text === "all") {
    const six = family === AF_INET6;
    return {
      family: six ? AF_INET6 : AF_INET,
      addr: new Uint8Array(six ? 16 : 4),
      prefix: 0,
      given: true,
    };
  }
  const [host = "", size] = text.split("/", 2);
  const six = family === AF_INET6 || (family !== AF_INET && host.includes(":"));
  const addr = six ? parseIPv6(host) : partialIPv4(host);
  if (addr === undefined) return wrong();
  const bits = addr.length * 8;
  let prefix = bits;
  if (size !== undefined) {
    const mask = six ? undefined : parseIPv4(size);
    if (/^[0-9]+$/.test(size)) prefix = Number(size);
    else if (mask !== undefined && size.includes(".")) prefix = maskBits(mask) ?? wrong();
    else wrong();
    if (prefix > bits) wrong();
  }
  return { family: six ? AF_INET6 : AF_INET, addr, prefix, given: size !== undefined };
}

/** "10.1" is 10.1.0.0 here. */
function partialIPv4(text: string): Uint8Array | undefined {
  if (!/^[0-9]{1,3}(\.[0-9]{1,3}){0,3}$/.test(text)) return undefined;
  const parts = text.split(".").map(Number);
  if (parts.some((n) => n > 255)) return undefined;
  return Uint8Array.from([...parts, 0, 0, 0].slice(0, 4));
}

function maskBits(mask: Uint8Array): number | undefined {
  const bits = [...mask].map((b) => b.toString(2).padStart(8, "0")).join("");
  return /^1*0*$/.test(bits) ? bits.indexOf("0") % 33 : undefined;
}

/** An address; ends the program for what is none. */
export function parseAddr(text: string, family: number): Uint8Array {
  const { addr, given } = parsePrefix(text, family);
  if (given && text !== "default") die(`an inet address is expected rather than "${text}"`);
  return addr;
}

/** Address and length as they are shown: hosts without the length. */
export function showPrefix(addr: Uint8Array, prefix: number): string {
  return prefix === addr.length * 8 ? formatAddress(addr) : `${formatAddress(addr)}/${prefix}`;
}

/** Is an address in a network? */
export function within(addr: Uint8Array, net: Prefix): boolean {
  if (addr.length !== net.addr.length) return false;
  for (let bit = 0; bit < net.prefix; bit++) {
    const mask = 128 >> (bit & 7);
    const i = bit >> 3;
    if (((addr[i] as number) & mask) !== ((net.addr[i] as number) & mask)) return false;
  }
  return true;
}

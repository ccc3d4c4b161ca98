// Whom a machine may reach: rules by name and by address. Everything else is forbidden.
import {
  inNetwork,
  isAny,
  isLinkLocal,
  isLoopback,
  isMulticast,
  plain,
  sameAddress,
} from "./address.ts";

/**
 * What a machine may reach: nothing and no interface; whatever its host reaches; or the places named:
 * "HOST", "HOST:PORT", where HOST is a name, "*.example.org" (all names below), "*", an address, a
 * network "10.0.0.0/8", or an IPv6 one in brackets.
 *
 * Neither "host" nor a name or "*" opens the host's loopback, link-local addresses or the metadata
 * services of clouds: only a rule with that address does, and for the host's loopback "localhost".
 */
export type NetworkPolicy = "none" | "host" | { readonly allow: readonly string[] };

interface Rule {
  readonly name: string | undefined;
  readonly addr: Uint8Array | undefined;
  readonly prefix: number;
  /** 0 is every port. */
  readonly port: number;
}

/** Metadata services of clouds that are not link-local. */
const METADATA: readonly Uint8Array[] = [
  Uint8Array.of(100, 100, 100, 200),
  Uint8Array.of(0xfd, 0, 0x0e, 0xc2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0x54),
];

/** Names that are remembered for addresses, and names of one address. */
const ADDRESSES_MAX = 4096;
const NAMES_MAX = 16;
/** A name that was looked up opens its addresses for so long. */
const REMEMBER_MS = 3600_000;

/** Is it never reached by mere permission for everything? */
export function isProtected(wanted: Uint8Array): boolean {
  const addr = plain(wanted);
  return (
    isAny(addr) ||
    isLoopback(addr) ||
    isLinkLocal(addr) ||
    isMulticast(addr) ||
    // ::a.b.c.d: another dress of IPv4, of which nobody knows what the host makes of it.
    (addr.length === 16 && addr.subarray(0, 12).every((byte) => byte === 0)) ||
    (addr.length === 4 && (addr[0] === 0 || (addr[0] as number) >= 240)) ||
    METADATA.some((each) => sameAddress(each, addr))
  );
}

function parseAddress(text: string): Uint8Array | undefined {
  const v4 = /^([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/.exec(text);
  if (v4 !== null) {
    const parts = v4.slice(1).map(Number);
    return parts.every((n) => n < 256) ? Uint8Array.from(parts) : undefined;
  }
  if (!text.includes(":") || !/^[0-9a-f:]+$/i.test(text)) return undefined;
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const words = halves.map((half) => (half === "" ? [] : half.split(":")));
  const [head = [], tail = []] = words;
  const gap = 8 - head.length - tail.length;
  if (halves.length === 2 ? gap < 1 : gap !== 0) return undefined;
  const out = new Uint8Array(16);
  for (const [i, word] of [...head, ...new Array<string>(gap).fill("0"), ...tail].entries()) {
    if (!/^[0-9a-f]{1,4}$/i.test(word)) return undefined;
    const n = Number.parseInt(word, 16);
    out[2 * i] = n >> 8;
    out[2 * i + 1] = n & 255;
  }
  return out;
}

/** Reads a rule; undefined when it is none. */
function parseRule(text: string): Rule | undefined {
  const m =
    /^(?:\[([0-9A-Fa-f:]+)(?:\/([0-9]{1,3}))?\]|([^\s:/[\]]+)(?:\/([0-9]{1,2}))?)(?::([0-9]{1,5}|\*))?$/.exec(
      text,
    );
  if (m === null) return undefined;
  const [, six, sixPrefix, host = "", fourPrefix, portText = "*"] = m;
  const port = portText === "*" ? 0 : Number(portText);
  if (port > 65535 || (portText !== "*" && port === 0)) return undefined;
  const addr = parseAddress(six ?? host);
  if (addr !== undefined) {
    const prefix = Number(sixPrefix ?? fourPrefix ?? addr.length * 8);
    return prefix > addr.length * 8 ? undefined : { name: undefined, addr, prefix, port };
  }
  if (six !== undefined || fourPrefix !== undefined) return undefined;
  const name = host.toLowerCase().replace(/\.$/, "");
  if (
    !/^(\*|(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*)$/.test(
      name,
    )
  )
    return undefined;
  return { name, addr: undefined, prefix: 0, port };
}

/** What is wrong with a policy; undefined for a good one. */
export function policyError(policy: NetworkPolicy): string | undefined {
  if (typeof policy === "string") return undefined;
  const wrong = policy.allow.find((text) => parseRule(text) === undefined);
  return wrong === undefined ? undefined : `invalid network rule: '${wrong}'`;
}

/** The rules of one machine, and the names that its resolver has told addresses of. */
export class Policy {
  readonly #all: boolean;
  readonly #rules: readonly Rule[];
  readonly #now: () => number;
  /** Names by address, the oldest first. */
  readonly #names = new Map<string, Map<string, number>>();

  /** `now`: monotonic milliseconds. Rules that are none count for nothing. */
  constructor(policy: Exclude<NetworkPolicy, "none">, now: () => number) {
    this.#all = policy === "host";
    this.#now = now;
    const texts = policy === "host" ? [] : policy.allow;
    this.#rules = texts.map(parseRule).filter((rule) => rule !== undefined);
  }

  #namesMatch(rule: Rule, name: string): boolean {
    if (rule.name === undefined) return false;
    if (rule.name === "*") return true;
    return rule.name.startsWith("*.") ? name.endsWith(rule.name.slice(1)) : rule.name === name;
  }

  /** May the addresses of a name be asked for? Names lead out as well: in the questions themselves. */
  mayResolve(wanted: string): boolean {
    const name = wanted.toLowerCase();
    return this.#all || this.#rules.some((rule) => this.#namesMatch(rule, name));
  }

  /** May it be asked what an address is called? */
  mayReverse(addr: Uint8Array): boolean {
    return (
      this.#all ||
      this.#names.has(addr.join(".")) ||
      this.#rules.some((rule) => this.#covers(rule, addr))
    );
  }

  /** The resolver has told this address for this name. */
  remember(addr: Uint8Array, name: string): void {
    const key = addr.join(".");
    const names = this.#names.get(key) ?? new Map<string, number>();
    this.#names.delete(key);
    this.#names.set(key, names);
    names.delete(name.toLowerCase());
    names.set(name.toLowerCase(), this.#now() + REMEMBER_MS);
    const [oldest] = names.keys();
    if (names.size > NAMES_MAX && oldest !== undefined) names.delete(oldest);
    const [first] = this.#names.keys();
    if (this.#names.size > ADDRESSES_MAX && first !== undefined) this.#names.delete(first);
  }

  #covers(rule: Rule, addr: Uint8Array): boolean {
    return rule.addr !== undefined && inNetwork(addr, rule.addr, rule.prefix);
  }

  /** Is an address itself, not a network that it is in, named in a rule for a port? */
  names(addr: Uint8Array, port: number): boolean {
    return this.#rules.some(
      (rule) =>
        rule.addr !== undefined &&
        rule.prefix === addr.length * 8 &&
        sameAddress(rule.addr, addr) &&
        (rule.port === 0 || rule.port === port),
    );
  }

  /** May an address be reached at a port? */
  allows(wanted: Uint8Array, port: number): boolean {
    const addr = plain(wanted);
    const closed = isProtected(addr);
    const rules = this.#rules.filter((rule) => rule.port === 0 || rule.port === port);
    for (const rule of rules) {
      if (this.#covers(rule, addr) && (!closed || rule.prefix > 0)) return true;
      if (rule.name === "localhost" && isLoopback(addr)) return true;
    }
    if (closed) return false;
    if (this.#all || rules.some((rule) => rule.name === "*")) return true;
    const names = this.#names.get(addr.join("."));
    if (names === undefined) return false;
    const now = this.#now();
    for (const [name, until] of names)
      if (until > now && rules.some((rule) => this.#namesMatch(rule, name))) return true;
    return false;
  }
}

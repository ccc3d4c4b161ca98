// DHCP messages as a client has them (RFC 2131, RFC 2132, RFC 3442, RFC 3397), and what scripts are told of them.
import { strOf } from "../../lib/bytes.ts";

const HEAD = 240;
const MAGIC = [0x63, 0x82, 0x53, 0x63];

export const MESSAGE = {
  discover: 1,
  offer: 2,
  request: 3,
  ack: 5,
  nak: 6,
  release: 7,
} as const;

export const OPTION = {
  requested: 50,
  lease: 51,
  type: 53,
  server: 54,
  parameters: 55,
  maxSize: 57,
  vendor: 60,
  clientId: 61,
} as const;

type Kind = "ips" | "ip" | "text" | "u8" | "u16" | "u32" | "routes" | "domains" | "hex";

/** Options that have names. */
const NAMED: readonly (readonly [code: number, name: string, kind: Kind])[] = [
  [1, "subnet", "ip"],
  [2, "timezone", "u32"],
  [3, "router", "ips"],
  [4, "timesrv", "ips"],
  [5, "namesrv", "ips"],
  [6, "dns", "ips"],
  [7, "logsrv", "ips"],
  [8, "cookiesrv", "ips"],
  [9, "lprsrv", "ips"],
  [12, "hostname", "text"],
  [13, "bootsize", "u16"],
  [15, "domain", "text"],
  [16, "swapsrv", "ip"],
  [17, "rootpath", "text"],
  [23, "ipttl", "u8"],
  [26, "mtu", "u16"],
  [28, "broadcast", "ip"],
  [40, "nisdomain", "text"],
  [41, "nissrv", "ips"],
  [42, "ntpsrv", "ips"],
  [44, "wins", "ips"],
  [51, "lease", "u32"],
  [54, "serverid", "ip"],
  [56, "message", "text"],
  [66, "tftp", "text"],
  [67, "bootfile", "text"],
  [119, "search", "domains"],
  [121, "staticroutes", "routes"],
  [252, "wpad", "text"],
];

/** What a client asks for by itself. */
export const REQUESTED_BY_DEFAULT: readonly number[] = [1, 3, 6, 12, 15, 28, 42, 119, 121];

/** The code of an option by name or number. */
export function optionOf(text: string): number | undefined {
  const known = NAMED.find(([, name]) => name === text)?.[0];
  if (known !== undefined) return known;
  const n = /^(0x[0-9a-f]+|[0-9]+)$/i.test(text) ? Number(text) : Number.NaN;
  return n >= 1 && n <= 254 ? n : undefined;
}

/** A server's message. */
export interface DhcpMessage {
  xid: number;
  type: number;
  yiaddr: Uint8Array;
  siaddr: Uint8Array;
  file: string;
  sname: string;
  options: ReadonlyMap<number, Uint8Array>;
}

/** Puts a client's message together. */
export function encodeDhcp(message: {
  xid: number;
  ciaddr: Uint8Array;
  mac: Uint8Array;
  broadcast: boolean;
  options: readonly (readonly [number, Uint8Array])[];
}): Uint8Array {
  const head = new Uint8Array(HEAD);
  const view = new DataView(head.buffer);
  head.set([1, 1, 6, 0]);
  view.setUint32(4, message.xid);
  view.setUint16(10, message.broadcast ? 0x8000 : 0);
  head.set(message.ciaddr, 12);
  head.set(message.mac, 28);
  head.set(MAGIC, 236);
  const out = [...head];
  for (const [code, value] of message.options) out.push(code, value.length, ...value);
  out.push(255);
  while (out.length < 300) out.push(0);
  return Uint8Array.from(out);
}

const cString = (bytes: Uint8Array): string => {
  const end = bytes.indexOf(0);
  return strOf(end < 0 ? bytes : bytes.subarray(0, end));
};

/** Reads a server's message; undefined for what is none. */
export function parseDhcp(bytes: Uint8Array): DhcpMessage | undefined {
  if (bytes.length < HEAD || bytes[0] !== 2) return undefined;
  if (!MAGIC.every((b, i) => bytes[236 + i] === b)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const options = new Map<number, Uint8Array>();
  for (let at = HEAD; at < bytes.length; ) {
    const code = bytes[at++] as number;
    if (code === 255) break;
    if (code === 0) continue;
    const size = bytes[at++] ?? 0;
    const value = bytes.slice(at, at + size);
    if (value.length < size) return undefined;
    // Long options come in parts (RFC 3396).
    const before = options.get(code);
    options.set(code, before === undefined ? value : Uint8Array.from([...before, ...value]));
    at += size;
  }
  return {
    xid: view.getUint32(4),
    type: options.get(OPTION.type)?.[0] ?? 0,
    yiaddr: bytes.slice(16, 20),
    siaddr: bytes.slice(20, 24),
    sname: cString(bytes.subarray(44, 108)),
    file: cString(bytes.subarray(108, 236)),
    options,
  };
}

/** Text that may go into a variable: what is no printable ASCII is left out. */
const clean = (text: string): string => text.replace(/[^\x20-\x7e]/g, "");

function ips(value: Uint8Array): string {
  const all: string[] = [];
  for (let i = 0; i + 4 <= value.length; i += 4) all.push(value.subarray(i, i + 4).join("."));
  return all.join(" ");
}

function routes(value: Uint8Array): string {
  const all: string[] = [];
  for (let at = 0; at < value.length; ) {
    const prefix = value[at++] as number;
    const size = Math.ceil(prefix / 8);
    if (prefix > 32 || at + size + 4 > value.length) break;
    const net = [...value.subarray(at, at + size), 0, 0, 0, 0].slice(0, 4);
    all.push(`${net.join(".")}/${prefix} ${value.subarray(at + size, at + size + 4).join(".")}`);
    at += size + 4;
  }
  return all.join(" ");
}

function domains(value: Uint8Array): string {
  const all: string[] = [];
  for (let at = 0; at < value.length && all.length < 64; ) {
    const labels: string[] = [];
    let jumped = -1;
    for (let steps = 0; steps < 128; steps++) {
      const n = value[at++];
      if (n === undefined || n === 0) break;
      if (n >= 0xc0) {
        const to = ((n & 0x3f) << 8) | (value[at++] ?? 0);
        if (jumped < 0) jumped = at;
        at = to;
        continue;
      }
      labels.push(strOf(value.subarray(at, at + n)));
      at += n;
    }
    if (jumped >= 0) at = jumped;
    if (labels.length === 0) break;
    all.push(labels.join("."));
  }
  return all.join(" ");
}

function shown(kind: Kind, value: Uint8Array): string {
  const number = value.reduce((n, b) => n * 256 + b, 0);
  switch (kind) {
    case "ip":
    case "ips":
      return ips(value);
    case "u8":
    case "u16":
    case "u32":
      return String(number);
    case "routes":
      return routes(value);
    case "domains":
      return clean(domains(value));
    case "hex":
      return [...value].map((b) => b.toString(16).padStart(2, "0")).join("");
    case "text":
      return clean(cString(value));
    default:
      return kind satisfies never;
  }
}

/** What a script is told, as environment entries. */
export function environmentOf(message: DhcpMessage): string[] {
  const env: string[] = [];
  if (message.yiaddr.some((b) => b !== 0)) env.push(`ip=${message.yiaddr.join(".")}`);
  if (message.siaddr.some((b) => b !== 0)) env.push(`siaddr=${message.siaddr.join(".")}`);
  if (message.file !== "") env.push(`boot_file=${clean(message.file)}`);
  if (message.sname !== "") env.push(`sname=${clean(message.sname)}`);
  for (const [code, value] of message.options) {
    const named = NAMED.find(([each]) => each === code);
    if (named === undefined) {
      env.push(`opt${code}=${shown("hex", value)}`);
      continue;
    }
    env.push(`${named[1]}=${shown(named[2], value)}`);
    if (code === 1) {
      const bits = [...value].map((b) => b.toString(2).replaceAll("0", "").length);
      env.push(`mask=${bits.reduce((a, b) => a + b, 0)}`);
    }
  }
  return env;
}

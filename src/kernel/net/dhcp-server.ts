// The DHCP server of the network behind eth0 (RFC 2131, RFC 2132): it has one address to give.
import { prefixMask, sameAddress } from "./address.ts";
import { GUEST, NAME_SERVER, PREFIX, ROUTER } from "./slirp.ts";

const HEAD_BYTES = 240;
const MAGIC = 0x63825363;
const LEASE_S = 86400;

const DISCOVER = 1;
const OFFER = 2;
const REQUEST = 3;
const ACK = 5;
const NAK = 6;
const INFORM = 8;

const OPTION_MASK = 1;
const OPTION_ROUTER = 3;
const OPTION_DNS = 6;
const OPTION_REQUESTED = 50;
const OPTION_LEASE = 51;
const OPTION_TYPE = 53;
const OPTION_SERVER = 54;
const OPTION_END = 255;

function u32(n: number): number[] {
  return [(n >>> 24) & 255, (n >>> 16) & 255, (n >>> 8) & 255, n & 255];
}

function options(message: Uint8Array): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = HEAD_BYTES; at < message.length; ) {
    const code = message[at++] as number;
    if (code === OPTION_END) break;
    if (code === 0) continue;
    const size = message[at++] ?? 0;
    if (!found.has(code)) found.set(code, message.subarray(at, at + size));
    at += size;
  }
  return found;
}

/** Gives the machine its address. */
export class DhcpServer {
  /** The reply to a message; undefined when there is nothing to say. */
  answer(message: Uint8Array): Uint8Array | undefined {
    if (message.length < HEAD_BYTES || message[0] !== 1) return undefined;
    const view = new DataView(message.buffer, message.byteOffset, message.length);
    if (view.getUint32(236) !== MAGIC) return undefined;
    const asked = options(message);
    const type = asked.get(OPTION_TYPE)?.[0];
    const client = message.subarray(12, 16);
    let reply: number;
    if (type === DISCOVER) reply = OFFER;
    else if (type === INFORM) reply = ACK;
    else if (type === REQUEST) {
      const server = asked.get(OPTION_SERVER);
      if (server !== undefined && !sameAddress(server, ROUTER)) return undefined;
      reply = sameAddress(asked.get(OPTION_REQUESTED) ?? client, GUEST) ? ACK : NAK;
    } else return undefined;
    const out = [...message.subarray(0, HEAD_BYTES)];
    out[0] = 2;
    // hops, secs, then ciaddr, yiaddr, siaddr; sname and file are empty.
    out[3] = 0;
    out.splice(8, 2, 0, 0);
    const given = reply === NAK || type === INFORM ? [0, 0, 0, 0] : [...GUEST];
    out.splice(
      12,
      12,
      ...(reply === NAK ? [0, 0, 0, 0] : client),
      ...given,
      ...(reply === NAK ? [0, 0, 0, 0] : ROUTER),
    );
    out.fill(0, 44, 236);
    const put = (code: number, value: Iterable<number>): void => {
      const bytes = [...value];
      out.push(code, bytes.length, ...bytes);
    };
    put(OPTION_TYPE, [reply]);
    put(OPTION_SERVER, ROUTER);
    if (reply !== NAK) {
      if (type !== INFORM) put(OPTION_LEASE, u32(LEASE_S));
      put(OPTION_MASK, prefixMask(PREFIX, 4));
      put(OPTION_ROUTER, ROUTER);
      put(OPTION_DNS, NAME_SERVER);
    }
    out.push(OPTION_END);
    while (out.length < 300) out.push(0);
    return Uint8Array.from(out);
  }
}

// Names by the host's resolver, as answers of DNS: addresses as getaddrinfo(3) knows them, other records by its name servers.
import type { DnsData, DnsRecord } from "../../lib/dns.ts";
import * as dns from "../../lib/dns.ts";
import { addressBytes, addressText } from "./address.ts";

/** getaddrinfo tells no time to live. */
const TTL_S = 60;

interface Found {
  rcode: number;
  answers: readonly DnsRecord[];
}

/** What an error of node:dns means in a DNS message. */
function rcodeOf(error: unknown): number {
  switch ((error as NodeJS.ErrnoException | undefined)?.code) {
    case "ENODATA":
      return dns.NOERROR;
    case "ENOTFOUND":
    case "EAI_NONAME":
    case "EAI_NODATA":
    case "EBADNAME":
      return dns.NXDOMAIN;
    default:
      return dns.SERVFAIL;
  }
}

const latin1 = (text: string): string => Buffer.from(text).toString("latin1");

async function addresses(name: string, type: number): Promise<Found> {
  const { lookup } = process.getBuiltinModule("node:dns/promises");
  const all = await lookup(name, { all: true, verbatim: true });
  const answers = all
    .map(({ address }) => addressBytes(address))
    .filter((addr) => addr.length === (type === dns.TYPE_A ? 4 : 16))
    .map((addr): DnsRecord => ({ name, type, ttl: TTL_S, data: { kind: "address", addr } }));
  return { rcode: dns.NOERROR, answers };
}

async function records(name: string, type: number): Promise<readonly DnsData[] | undefined> {
  const resolver = process.getBuiltinModule("node:dns/promises");
  const named = (list: readonly string[]): DnsData[] =>
    list.map((each) => ({ kind: "name", name: latin1(each) }));
  switch (type) {
    case dns.TYPE_PTR: {
      const addr = dns.reverseAddress(name);
      return named(
        addr === undefined
          ? await resolver.resolvePtr(name)
          : await resolver.reverse(addressText(addr)),
      );
    }
    case dns.TYPE_NS:
      return named(await resolver.resolveNs(name));
    case dns.TYPE_CNAME:
      return named(await resolver.resolveCname(name));
    case dns.TYPE_MX:
      return (await resolver.resolveMx(name)).map(({ exchange, priority }) => ({
        kind: "mx",
        preference: priority,
        name: latin1(exchange),
      }));
    case dns.TYPE_TXT:
      return (await resolver.resolveTxt(name)).map((texts) => ({
        kind: "txt",
        texts: texts.map(latin1),
      }));
    case dns.TYPE_SRV:
      return (await resolver.resolveSrv(name)).map((each) => ({
        kind: "srv",
        priority: each.priority,
        weight: each.weight,
        port: each.port,
        name: latin1(each.name),
      }));
    case dns.TYPE_SOA: {
      const soa = await resolver.resolveSoa(name);
      return [
        {
          kind: "soa",
          mname: latin1(soa.nsname),
          rname: latin1(soa.hostmaster),
          serial: soa.serial,
          refresh: soa.refresh,
          retry: soa.retry,
          expire: soa.expire,
          minimum: soa.minttl,
        },
      ];
    }
    default:
      return undefined;
  }
}

/** The answer to a question; a failure is a response code. */
export async function lookup(name: string, type: number): Promise<Found> {
  try {
    if (type === dns.TYPE_A || type === dns.TYPE_AAAA) return await addresses(name, type);
    const found = await records(name, type);
    if (found === undefined) return { rcode: dns.NOTIMP, answers: [] };
    const answers = found.map((data): DnsRecord => ({ name, type, ttl: TTL_S, data }));
    return { rcode: dns.NOERROR, answers };
  } catch (error) {
    return { rcode: rcodeOf(error), answers: [] };
  }
}

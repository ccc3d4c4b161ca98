// ip neigh: who is known on the links; ip rule: which tables are looked at (ip-neighbour(8), ip-rule(8))
import type { Steps } from "../../../abi/program.ts";
import * as rt from "../../../abi/rtnetlink.ts";
import { AF_INET } from "../../../abi/socket.ts";
import { nlAttributes, u32Of } from "../../../lib/netlink.ts";
import { formatAddress } from "../../../libc/inet.ts";
import { die } from "../../../libc/process.ts";
import {
  expand,
  type Ip,
  invalid,
  linkIndex,
  type Prefix,
  parsePrefix,
  put,
  record,
  Words,
  within,
} from "./words.ts";

const STATES: Readonly<Record<string, number>> = {
  incomplete: 1,
  reachable: 2,
  stale: 4,
  delay: 8,
  probe: 16,
  failed: 32,
  noarp: 64,
  permanent: 128,
  all: 0xff,
};

/** ip neigh: show and flush. */
export function* ipNeigh(ip: Ip, args: readonly string[]): Steps<number> {
  const words = new Words(args);
  const given = words.take() ?? "show";
  const command = expand(given, ["show", "flush"]) ?? invalid(given, ip.p.progname);
  const flush = command === "flush";
  if (flush && words.next === undefined) die("flush requires an argument");
  let index: number | undefined;
  let to: Prefix | undefined;
  // Those that are set by hand stay unless they are asked for.
  let states = flush ? 0xff & ~rt.NUD_PERMANENT : 0xff;
  for (let word = words.take(); word !== undefined; word = words.take()) {
    if (word === "dev") index = linkIndex(ip, words.value(word));
    else if (word === "nud") {
      const text = words.value(word);
      states = STATES[text] ?? invalid(text, "nud state");
    } else to = parsePrefix(word === "to" ? words.value(word) : word, ip.family);
  }
  const all = yield* ip.rtnl.dump(rt.RTM_GETNEIGH, Uint8Array.of(ip.family, ...new Uint8Array(11)));
  for (const { body } of all) {
    const a = nlAttributes(body, 12);
    const dst = a.get(rt.NDA_DST) ?? new Uint8Array(4);
    const state = (body[8] as number) | ((body[9] as number) << 8);
    const dev = u32Of(body, 4);
    if (index !== undefined && dev !== index) continue;
    if (to !== undefined && !within(dst, to)) continue;
    if ((state & states) === 0) continue;
    if (flush) {
      yield* ip.rtnl.talk(rt.RTM_DELNEIGH, 0, body);
      continue;
    }
    let line = `${formatAddress(dst)} `;
    if (index === undefined) line += `dev ${ip.links.get(dev)} `;
    const mac = a.get(rt.NDA_LLADDR);
    if (mac !== undefined)
      line += `lladdr ${[...mac].map((b) => b.toString(16).padStart(2, "0")).join(":")} `;
    const names = Object.entries(STATES).filter(([, n]) => n !== 0xff && (state & n) !== 0);
    line += names.map(([name]) => name.toUpperCase()).join(" ");
    yield* put(ip, record(ip, [line]));
  }
  return 0;
}

const TABLES: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };

/** ip rule: the rules are fixed, so they can be listed. */
export function* ipRule(ip: Ip, args: readonly string[]): Steps<number> {
  const words = new Words(args);
  const given = words.take() ?? "list";
  const command = expand(given, ["add", "delete", "list", "show"]) ?? invalid(given, ip.p.progname);
  if (command === "add" || command === "delete") return die("RTNETLINK answers: Not supported", 2);
  const family = ip.family || AF_INET;
  const all = yield* ip.rtnl.dump(rt.RTM_GETRULE, Uint8Array.of(family, ...new Uint8Array(11)));
  for (const { body } of all) {
    const a = nlAttributes(body, 12);
    const table = u32Of(a.get(rt.FRA_TABLE));
    yield* put(
      ip,
      `${u32Of(a.get(rt.FRA_PRIORITY))}:\tfrom all lookup ${TABLES[table] ?? table} \n`,
    );
  }
  return 0;
}

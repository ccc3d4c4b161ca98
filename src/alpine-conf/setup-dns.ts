// setup-dns: domain and name servers, written to /etc/resolv.conf (setup-dns(8)).
import type { Program, Steps } from "../abi/program.ts";
import { type Setup, setupProgram, words } from "./libalpine.ts";

const USAGE = `usage: setup-dns [-h] [-d DOMAINNAME] [-n IPADDR] [IPADDR...]

Sets how names are resolved; asks for what is not given

options:
 -h  Show this text
 -d  Domain to search names in
 -n  Name servers, as one argument
`;

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("d:n:h");
  const given = (letter: string): string => options.findLast(([l]) => l === letter)?.[1] ?? "";
  const conf = `${s.root}etc/resolv.conf`;
  let domain = "";
  let servers: string[] = [];
  if (s.isFile(conf)) {
    const table = yield* s.rows(conf);
    for (const [key, value = ""] of table) {
      if (key === "domain") domain = value;
      if (key === "nameserver") servers.push(value);
    }
  } else domain = yield* s.domain();
  if (given("d") !== "") domain = given("d");
  else if (operands.length === 0) domain = yield* s.ask("DNS domain name? (e.g 'bar.com')", domain);
  if (given("n") !== "" || operands.length > 0) servers = words(given("n"));
  else
    servers = words((yield* s.ask("DNS nameserver(s)?", servers.join(" "))).replaceAll(",", " "));
  s.mkdirs(`${s.root}etc`);
  if (domain !== "") yield* s.write(conf, `search ${domain}\n`);
  servers.push(...operands);
  if (servers.length === 0) return 0;
  const kept = (yield* s.lines(conf)).filter((line) => !line.startsWith("nameserver"));
  const lines = [...kept, ...servers.map((server) => `nameserver ${server}`)];
  yield* s.write(conf, lines.map((line) => `${line}\n`).join(""));
  return 0;
}

/** The program. */
export const setupDns: Program = setupProgram(USAGE, main);

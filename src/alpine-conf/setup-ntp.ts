// setup-ntp: sets the clock once by the network and starts a program that keeps it right (setup-ntp(8)).
import type { Program, Steps } from "../abi/program.ts";
import { Exit } from "../libc/process.ts";
import { type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-ntp [-h] [busybox|openntpd|chrony|none]

Keeps the time by NTP; asks for the program that does it

options:
 -h  Show this text
`;
const SERVICES: Readonly<Record<string, string>> = {
  busybox: "ntpd",
  openntpd: "openntpd",
  chrony: "chronyd",
};

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hc:");
  let choice = options.findLast(([l]) => l === "c")?.[1] || (operands[0] ?? "");
  const known = (): boolean =>
    choice === "none" || choice === "abort" || Object.hasOwn(SERVICES, choice);
  while (operands.length === 0 && !known()) {
    // A date as answer sets the clock.
    const isDate = yield* s.run(["date", "-d", choice], { stdout: "null", stderr: "null" });
    yield* choice !== "" && isDate === 0 ? s.mocked(["date", "-s", choice]) : s.run(["date"]);
    choice = yield* s.ask(
      "Which NTP client to run? ('busybox', 'openntpd', 'chrony' or 'none')",
      "busybox",
    );
  }
  if (choice === "none" || choice === "abort") return 0;
  if (!known())
    throw new Exit(1, `setup-ntp: '${choice}' is not a supported NTP client\n${USAGE}`, true);
  const service = SERVICES[choice] as string;
  const packages = choice === "busybox" ? [] : [choice];
  if (choice === "chrony") {
    const acf = yield* s.run(["apk", "info", "--installed", "--quiet", "acf-core"]);
    if (acf === 0) packages.push("acf-chrony");
  }
  yield* s.mocked(["busybox", "ntpd", "-qnN", "-p", "pool.ntp.org"], { stdout: "null" });
  if (packages.length > 0) yield* s.run(["apk", "add", "--quiet", ...packages]);
  yield* s.run(["rc-update", "add", service, "default"]);
  return yield* s.run(["rc-service", service, "start"]);
}

/** The program. */
export const setupNtp: Program = setupProgram(USAGE, main);

// rc-sstat: a table of the services that s6 supervises (rc-sstat(8)).
import type { Program, Steps } from "../abi/program.ts";
import { findPids } from "./librc/daemon.ts";
import { exists, listDir } from "./librc/dirs.ts";
import { readFrom } from "./librc/gendepends.ts";
import { type Rc, rcProgram } from "./librc/rc.ts";
import { dateText } from "./librc/times.ts";

const SCAN = "/run/openrc/s6-scan";

interface Row {
  service: string;
  state: string;
  pid: string;
  seconds: number;
}

/** "2d 16h 58m 46s", without what is zero. */
function uptime(seconds: number): string {
  const parts = [
    [Math.trunc(seconds / 86400), "d"],
    [Math.trunc(seconds / 3600) % 24, "h"],
    [Math.trunc(seconds / 60) % 60, "m"],
    [seconds % 60, "s"],
  ] as const;
  return parts
    .filter(([n]) => n !== 0)
    .map(([n, unit]) => `${n}${unit}`)
    .join(" ");
}

/** What s6-svstat says: "up (pid 123) 45 seconds", "down (exitcode 0) 3 seconds". */
function* rowOf(rc: Rc, service: string): Steps<Row> {
  const text = (yield* readFrom(rc, ["s6-svstat", `${SCAN}/${service}`], rc.p.environ())) ?? "";
  const found = /^(\S+) \(\S+ (\d+)[^)]*\) (\d+)/.exec(text);
  return {
    service,
    state: found?.[1] ?? "down",
    pid: found?.[2] ?? "",
    seconds: Number(found?.[3] ?? 0),
  };
}

function* main(rc: Rc): Steps<number> {
  const { sys } = rc;
  if (sys.getuid() !== 0) return yield* refuse(rc, "This command must be run as root");
  if (!exists(sys, SCAN)) return yield* refuse(rc, `${SCAN} does not exist`);
  if ((yield* findPids(sys, { exec: "s6-svscan" }, undefined)).length === 0)
    return yield* refuse(rc, "s6-svscan is not running");
  const services = yield* listDir(sys, SCAN);
  if (services.length === 0)
    return yield* refuse(rc, "s6 found no services configured for supervision");
  const rows: Row[] = [];
  for (const service of services) rows.push(yield* rowOf(rc, service));
  const width = Math.max(7, ...rows.map((row) => uptime(row.seconds).length));
  yield* rc.print(
    `\n${"Service Name".padStart(28)}  State    PID  ${"Up Time".padStart(width)}  ${"Start Time".padStart(19)}\n`,
  );
  for (const n of [28, 5, 5, width, 19]) yield* rc.print(`${"-".repeat(n)}  `);
  yield* rc.print("\n");
  const now = sys.clock_gettime(0).sec;
  for (const row of rows) {
    let line = `${row.service.padStart(28)}  ${row.state.padStart(5)}`;
    if (row.state === "up")
      line += `  ${row.pid.padStart(5)}  ${uptime(row.seconds).padStart(width)}  ${yield* dateText(rc.p, now - row.seconds)}`;
    yield* rc.print(`${line}\n`);
  }
  yield* rc.print("\n\n");
  return 0;
}

function* refuse(rc: Rc, why: string): Steps<number> {
  yield* rc.print(`${why}\n`);
  return 1;
}

/** The program. */
export const rcSstat: Program = rcProgram(main);

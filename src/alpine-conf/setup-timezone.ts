// setup-timezone: copies a zone out of tzdata, or leaves tzdata there, and points /etc/localtime to it (setup-timezone(8)).
import type { Program, Steps } from "../abi/program.ts";
import { readFile, symlink, writeFile } from "../libc/unistd.ts";
import { cleanly, type Setup, setupProgram } from "./libalpine.ts";

const USAGE = `usage: setup-timezone [-h] [-k|-i] [TIMEZONE]

Sets the time zone; asks for it without TIMEZONE, a name below usr/share/zoneinfo

options:
 -h  Show this text
 -i  Keep tzdata installed and link to it, in place of a copy
 -k  Leave earlier copies there
`;

interface Wish {
  install: boolean;
  keep: boolean;
}

/** A name without doubled slashes or one at its end. */
function tidy(name: string): string {
  return name.replace(/\/+/g, "/").replace(/\/$/, "");
}

function* setZone(s: Setup, wish: Wish, zone: string): Steps<void> {
  const etc = `${s.root}etc`;
  const source = `${s.root}usr/share/zoneinfo/${zone}`;
  let target = source;
  if (!wish.install) {
    if (!wish.keep) yield* s.run(["rm", "-rf", `${etc}/zoneinfo`]);
    const copy = `${etc}/zoneinfo/${zone}`;
    s.mkdirs(copy.slice(0, copy.lastIndexOf("/")));
    yield* writeFile(s.sys, copy, yield* readFile(s.sys, source));
    target = `/etc/zoneinfo/${zone}`;
  }
  s.mkdirs(etc);
  s.remove(`${etc}/localtime`);
  symlink(s.sys, target, `${etc}/localtime`);
}

function* showZones(s: Setup, dir: string): Steps<void> {
  if (!s.isDir(dir)) return;
  const names = (yield* s.names(dir)).filter((name) => !name.endsWith(".tab"));
  const shown = names.map((name) => (s.isDir(`${dir}/${name}`) ? `${name}/` : name));
  if (shown.length > 0) yield* s.run(["ls", "--color=never", "-Cd", ...shown], { cwd: dir });
}

function* choose(s: Setup, wish: Wish): Steps<void> {
  const zones = `${s.root}usr/share/zoneinfo`;
  const current = s.readlink(`${s.root}etc/localtime`).split("/zoneinfo/")[1];
  let preset = current ?? "UTC";
  for (;;) {
    yield* showZones(s, zones);
    yield* s.echo();
    let zone = tidy(yield* s.ask("Which timezone are you in? (or '?' or 'none')", preset));
    if (zone === "none" || zone === "abort") return;
    if (zone === "" || zone === "?") continue;
    while (s.isDir(`${zones}/${zone}`)) {
      yield* showZones(s, `${zones}/${zone}`);
      yield* s.echo();
      const sub = tidy(yield* s.ask(`What sub-timezone of '${zone}' are you in? (or '?')`));
      if (sub === "" || sub === "?") continue;
      preset = zone;
      zone = `${zone}/${sub}`;
    }
    if (s.isFile(`${zones}/${zone}`)) return yield* setZone(s, wish, zone);
    yield* s.echo(`'${zone}' is not a valid timezone on this system`);
  }
}

function* main(s: Setup): Steps<number> {
  const { options, operands } = yield* s.getopts("hikz:");
  const has = (letter: string): boolean => options.some(([l]) => l === letter);
  const zone = options.findLast(([l]) => l === "z")?.[1] || (operands[0] ?? "");
  if (zone === "none") return 0;
  const wish = { install: has("i"), keep: has("k") };
  const packages = wish.install
    ? ["tzdata"]
    : ["--force", "--virtual", ".setup-timezone", "tzdata"];
  if ((yield* s.run(["apk", "add", "--no-progress", "--quiet", ...packages])) !== 0)
    s.die("Failed to install tzdata package");
  if (!wish.install) s.stopOnSignals();
  yield* cleanly(
    function* () {
      if (zone === "") return yield* choose(s, wish);
      if (!s.isFile(`${s.root}usr/share/zoneinfo/${zone}`))
        s.die(`'${zone}' is not a valid timezone on this system`);
      yield* setZone(s, wish, zone);
    },
    function* () {
      s.forgetSignals();
      if (!wish.install)
        yield* s.run(["apk", "del", "--no-progress", "--quiet", ".setup-timezone"]);
    },
  );
  return 0;
}

/** The program. */
export const setupTimezone: Program = setupProgram(USAGE, main);

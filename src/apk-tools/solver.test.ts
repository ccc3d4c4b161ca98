import { expect, test } from "vitest";
import { describeChange } from "./changes.ts";
import { Database } from "./database.ts";
import { type Dependency, parseDependencies } from "./dependency.ts";
import { noProblems, parseIndex } from "./index-text.ts";
import { parseInstalled } from "./installed-text.ts";
import type { Name } from "./name.ts";
import { solve } from "./solver.ts";
import { SOLVE_AVAILABLE, SOLVE_INHERIT, SOLVE_REINSTALL, SOLVE_UPGRADE } from "./solver-flags.ts";
import { sortWorld } from "./world.ts";

/** Records of packages written as "name=version D:… p:…|name=version …". */
function records(text: string): string {
  return text
    .split("|")
    .map((one) => {
      const [head = "", ...fields] = one.trim().split(/ (?=[A-Za-z]:[^:])/);
      const [name, version] = head.split("=");
      const identity = Buffer.from(one.trim().padEnd(20, ".")).toString("base64").slice(0, 27);
      return `C:Q1${identity}=\nP:${name}\nV:${version}\nS:1\nI:1\n${fields.map((f) => `${f}\n`).join("")}\n`;
    })
    .join("");
}

interface Case {
  repo?: string;
  edge?: string;
  installed?: string;
  world: string;
  flags?: number;
  named?: Record<string, number>;
}

function plan({ repo = "", edge = "", installed = "", world, flags = 0, named }: Case): string[] {
  const db = new Database();
  if (installed !== "")
    for (const one of parseInstalled(records(installed))) {
      db.add(one.pkg);
      db.installed.push(one);
    }
  for (const [i, text] of [repo, edge].entries()) {
    const tag = i === 0 ? "" : "edge";
    const bit = 2 << i;
    const common = { type: "v2", reachable: true, remote: false, error: "" } as const;
    db.repositories.push({ url: "/x", tag, bit, description: "", packageSpec: "", ...common });
    if (text === "") continue;
    for (const pkg of parseIndex(records(text), noProblems())) {
      pkg.repositories = bit;
      db.add(pkg);
    }
  }
  const nameFlags = new Map<Name, number>();
  for (const [name, bits] of Object.entries(named ?? {})) nameFlags.set(db.name(name), bits);
  const deps: Dependency[] = sortWorld(parseDependencies(world));
  const { plan: found, errors } = solve(db, deps, { flags, nameFlags });
  return found === undefined ? [...(errors ?? [])] : found.changes.map(describeChange);
}

test.each<[string, Case, string[]]>([
  [
    "dependencies come first, what comes along as soon as it may",
    { repo: "a=1 D:b|b=1 D:c|c=1|d=1 i:a b|e=1 i:a x", world: "a" },
    ["Installing c (1)", "Installing b (1)", "Installing d (1)", "Installing a (1)"],
  ],
  [
    "a version that others rule out is not taken",
    { repo: "a=1 D:c|b=1 D:c<2|c=1|c=2", world: "a b" },
    ["Installing c (1)", "Installing a (1)", "Installing b (1)"],
  ],
  [
    "the newest version that is possible",
    { repo: "a=1|a=2 D:nothing", world: "a" },
    ["Installing a (1)"],
  ],
  [
    "of two that want different things the one with the longer chain wins",
    { repo: "x=1|x=2 D:c=1 p|y=1|y=2 D:c=2|p=1 D:q|q=1|c=1|c=2", world: "x y" },
    ["c (1)", "q (1)", "p (1)", "x (2)", "y (1)"].map((what) => `Installing ${what}`),
  ],
  [
    "of two alike the one that was named wins",
    { repo: "x=1|x=2 D:c=1|y=1|y=2 D:c=2|c=1|c=2", world: "x y", named: { x: 0 } },
    ["Installing c (1)", "Installing x (2)", "Installing y (1)"],
  ],
  [
    "what is installed stays",
    { repo: "a=2|b=1 D:a", installed: "a=1", world: "a b" },
    ["Installing b (1)"],
  ],
  [
    "upgrades on request, with what is needed",
    {
      repo: "a=2 D:b|b=2",
      installed: "a=1 D:b|b=1",
      world: "a",
      named: { a: SOLVE_UPGRADE | SOLVE_INHERIT },
    },
    ["Upgrading b (1 -> 2)", "Upgrading a (1 -> 2)"],
  ],
  [
    "what nothing needs goes when nothing on the disk needs it",
    { repo: "a=2 D:c|c=1", installed: "a=1 D:b|b=1|d=1 D:e|e=1", world: "a", flags: SOLVE_UPGRADE },
    ["Purging d (1)", "Purging e (1)", "Installing c (1)", "Upgrading a (1 -> 2)", "Purging b (1)"],
  ],
  [
    "who holds a name goes before the next one comes",
    { repo: "b=1 p:a=2", installed: "a=1", world: "a", flags: SOLVE_UPGRADE },
    ["Purging a (1)", "Installing b (1)"],
  ],
  [
    "available: what repositories have, even if it is older",
    { repo: "a=1", installed: "a=2", world: "a", flags: SOLVE_UPGRADE | SOLVE_AVAILABLE },
    ["Downgrading a (2 -> 1)"],
  ],
  [
    "priority chooses among those without version",
    { repo: "a=1 p:x k:1|b=1 p:x k:2|c=1 p:x", world: "x" },
    ["Installing b (1)"],
  ],
  [
    "what is chosen anyway stands for the name",
    { repo: "a=1 p:x|b=1 p:x k:2", world: "a x" },
    ["Installing a (1)"],
  ],
  [
    "a tag is allowed to dependencies and asked for only of the package itself",
    { repo: "a=1 D:b|b=1|c=1", edge: "a=2 D:b c>1|b=2|c=2", world: "a@edge" },
    ["Installing b (1)", "Installing c@edge (2)", "Installing a@edge (2)"],
  ],
  [
    "again, and what it needs",
    {
      repo: "a=1 D:b|b=1",
      installed: "a=1 D:b|b=1",
      world: "a",
      named: { a: SOLVE_REINSTALL | SOLVE_INHERIT },
    },
    ["Reinstalling b (1)", "Reinstalling a (1)"],
  ],
])("%s", (_, one, expected) => {
  expect(plan(one)).toEqual(expected);
});

test.each<[string, Case, string[]]>([
  [
    "no such package",
    { repo: "a=1 D:b", world: "a" },
    ["  b (no such package):", "    required by: a-1[b]"],
  ],
  [
    "a name that only some provide",
    { repo: "a=1 p:x|b=1 p:x", world: "x" },
    [
      "  x (virtual):",
      "    note: please select one of the 'provided by'",
      "          packages explicitly",
      "    provided by: a b",
      "    required by: world[x]",
    ],
  ],
  [
    "not both",
    { repo: "a=1 p:x=1|b=1 p:x=2", world: "a b" },
    [
      "  a-1:",
      "    conflicts: b-1[x=1]",
      "    satisfies: world[a]",
      "  b-1:",
      "    conflicts: a-1[x=2]",
      "    satisfies: world[b]",
    ],
  ],
  [
    "only in a tagged repository",
    { edge: "a=1", world: "a" },
    ["  a-1:", "    masked in: @edge", "    satisfies: world[a]"],
  ],
  [
    "unwanted",
    { repo: "a=1 D:b|b=1", world: "a !b" },
    ["  b-1:", "    breaks: world[!b]", "    satisfies: a-1[b]"],
  ],
])("error: %s", (_, one, lines) => {
  expect(plan(one)).toEqual(lines);
});

test("chains and circles of any length end", () => {
  const count = 5000;
  const chain = Array.from({ length: count }, (_, i) => `n${i}=1 D:n${(i + 1) % count}`).join("|");
  expect(plan({ repo: chain, world: "n0" })).toHaveLength(count);
});

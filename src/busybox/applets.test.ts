import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { allApplets } from "./applets.ts";
import type { Applet } from "./libbb/applet.ts";
import { extraApplets } from "./programs.ts";

const here = new URL(".", import.meta.url).pathname;

function isApplet(value: unknown): value is Applet {
  return typeof value === "object" && value !== null && "main" in value && "usage" in value;
}

test("every applet of the folders is in its table, once", async () => {
  const names: string[] = [];
  const extras: string[] = [];
  for (const file of readdirSync(here, { recursive: true, encoding: "utf8" })) {
    // applets.ts itself, and what is not an applet's.
    if (!file.includes("/") || file.startsWith("libbb/")) continue;
    if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
    const module: Record<string, unknown> = await import(/* @vite-ignore */ here + file);
    for (const value of Object.values(module))
      if (isApplet(value)) (file.startsWith("extras/") ? extras : names).push(value.name);
  }
  const table = allApplets().map((a) => a.name);
  expect(table.sort()).toEqual(names.sort());
  expect(extraApplets().map((a) => a.name)).toEqual(extras.sort());
});

test("paths end in the names", () => {
  for (const { name, path } of [...allApplets(), ...extraApplets()])
    expect(["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"].map((dir) => dir + name)).toContain(path);
});

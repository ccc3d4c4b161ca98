import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { allApplets } from "./applets.ts";
import type { Applet } from "./libbb/applet.ts";

const here = new URL(".", import.meta.url).pathname;

function isApplet(value: unknown): value is Applet {
  return typeof value === "object" && value !== null && "main" in value && "usage" in value;
}

test("every applet of the folders is in the table, once", async () => {
  const names: string[] = [];
  for (const folder of readdirSync(here, { withFileTypes: true })) {
    if (!folder.isDirectory() || folder.name === "libbb") continue;
    for (const file of readdirSync(here + folder.name)) {
      if (!file.endsWith(".ts") || file.endsWith(".test.ts")) continue;
      const module: Record<string, unknown> = await import(
        /* @vite-ignore */ `${here}${folder.name}/${file}`
      );
      for (const value of Object.values(module)) if (isApplet(value)) names.push(value.name);
    }
  }
  const table = allApplets().map((a) => a.name);
  // The shell lives in a room of its own.
  expect(table.filter((name) => name !== "ash" && name !== "sh").sort()).toEqual(names.sort());
});

test("paths end in the names", () => {
  for (const { name, path } of allApplets())
    expect(["/bin/", "/sbin/", "/usr/bin/", "/usr/sbin/"].map((dir) => dir + name)).toContain(path);
});

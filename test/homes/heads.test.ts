// QuickJS cannot compile `for (… of …)` with yield* in its head: no source may have one.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"))
    .map((name) => `${folder}/${name}`);
}

/** What stands in the parentheses of each loop over something. */
function heads(text: string): string[] {
  const found: string[] = [];
  for (const { index } of text.matchAll(/\bfor \((?:const|let) /g)) {
    let depth = 0;
    let end = text.indexOf("(", index);
    do {
      if (text[end] === "(") depth++;
      else if (text[end] === ")") depth--;
      end++;
    } while (depth > 0 && end < text.length);
    const head = text.slice(index, end);
    if (/ of /.test(head)) found.push(head);
  }
  return found;
}

test("no loop over what has to be waited for", () => {
  const src = new URL("../../src", import.meta.url).pathname;
  const found = sources(src).flatMap((file) =>
    heads(readFileSync(file, "utf8"))
      .filter((head) => head.includes("yield*"))
      .map((head) => `${file.slice(src.length)}: ${head}`),
  );
  expect(found).toEqual([]);
});

// Tables of whole outcomes for applets: each row runs one in a machine of its own and compares stdout,
// stderr and status whole. What a row does not name defaults to empty and status 0.
import { expect, test } from "vitest";
import { type Applet, programOf, usageText } from "../../src/busybox/libbb/applet.ts";
import { bytesOf, strOf } from "../../src/lib/bytes.ts";
import { encodeUtf8 } from "../../src/lib/utf8.ts";
import { runProgram } from "./run-program.ts";

/** One row: a command line, what it finds, what must come out. Text is UTF-8; "\x80"-like bytes go in as Uint8Array. */
export interface AppletRow {
  name: string;
  /** Arguments, split at blanks. */
  args?: string;
  /** Arguments as they are; instead of `args`. */
  argv?: readonly string[];
  env?: Readonly<Record<string, string>>;
  /** Files in the working directory; a name that ends in "/" is a directory, "-> x" as text a link to x. */
  files?: Readonly<Record<string, string | Uint8Array>>;
  stdin?: string | Uint8Array;
  stdout?: string | Uint8Array;
  /** "usage" stands for the applet's usage text; a text ending in "…usage" for a message before it. */
  stderr?: string;
  status?: number;
  /** Files as they must be afterwards; undefined = must not be there. */
  after?: Readonly<Record<string, string | undefined>>;
}

/** A test for every row. */
export function applet(applet: Applet, rows: readonly AppletRow[]): void {
  for (const row of rows) {
    test(`${applet.name}: ${row.name}`, async () => {
      const argv = row.argv ?? (row.args === undefined ? [] : row.args.split(" "));
      const result = await runProgram({
        program: programOf(applet),
        argv: [applet.name, ...argv.map(encodeUtf8)],
        env: { PATH: "/sbin:/usr/sbin:/bin:/usr/bin", ...row.env },
        files: row.files ?? {},
        stdin: toBytes(row.stdin ?? ""),
        wanted: Object.keys(row.after ?? {}),
      });
      const stderr = (row.stderr ?? "").replace(/(?:^|…)usage$/, usageText(applet));
      expect({
        stdout: strOf(result.stdout),
        stderr: strOf(result.stderr),
        status: result.status,
        after: result.files,
      }).toEqual({
        stdout: strOf(toBytes(row.stdout ?? "")),
        stderr: encodeUtf8(stderr),
        status: row.status ?? 0,
        after: Object.fromEntries(
          Object.entries(row.after ?? {}).map(([k, v]) => [k, v === undefined ? v : encodeUtf8(v)]),
        ),
      });
    });
  }
}

function toBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === "string" ? bytesOf(encodeUtf8(text)) : text;
}

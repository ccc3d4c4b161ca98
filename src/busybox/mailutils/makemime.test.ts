import { expect, test } from "vitest";
import { runProgram } from "../../../test/support/run-program.ts";
import { strOf } from "../../lib/bytes.ts";
import { programOf } from "../libbb/applet.ts";
import { makemime } from "./makemime.ts";

test("makemime: parts and headers", async () => {
  const result = await runProgram({
    program: programOf(makemime),
    argv: ["makemime", "-a", "From: me", "-c", "text/plain", "d/a", "empty"],
    env: {},
    files: { "d/a": "hello world\n", empty: "" },
    stdin: new Uint8Array(0),
    wanted: [],
  });
  expect(strOf(result.stdout).replace(/[0-9]+-[0-9]+-[0-9]+/g, "B")).toBe(`From: me
Mime-Version: 1.0
Content-Type: multipart/mixed; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii
Content-Disposition: inline; filename="a"
Content-Transfer-Encoding: base64

aGVsbG8gd29ybGQK
--B
Content-Type: text/plain; charset=us-ascii
Content-Disposition: inline; filename="empty"
Content-Transfer-Encoding: base64
--B--

`);
});

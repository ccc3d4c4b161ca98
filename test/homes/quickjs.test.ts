// The kernel and the userland in QuickJS, the engine of their second home: nothing of Node's or a browser's is used.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { getQuickJS } from "quickjs-emscripten";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** What runs inside: `run(script)` boots a machine on a clock that stands still and gives its output. */
const ENTRY = `
import { imageOf } from "./src/kernel/fs/imagefs/packed.ts";
import { Machine } from "./src/machine/machine.ts";
import { FixedHost } from "./src/machine/fixed-host.ts";
import { basePrograms } from "./src/machine/programs.ts";

const base = {
  now: () => 0, monotonic: () => 0, random: (n) => new Uint8Array(n),
  soon() {}, after: () => () => {}, report(message) { throw new Error(message); },
};
const image = imageOf(Uint8Array.from(globalThis.imageText, (c) => c.charCodeAt(0) - 256));
globalThis.run = (script) => {
  const machine = Machine.boot({ host: new FixedHost(base), image, programs: basePrograms() });
  const { status, stdout, stderr } = machine.runSync(script);
  machine.close();
  return JSON.stringify({ status, stdout, stderr });
};
`;

async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: ENTRY, resolveDir: root, loader: "ts" },
    bundle: true,
    write: false,
    format: "iife",
    target: "es2023",
  });
  return (outputFiles[0] as { text: string }).text;
}

test("a script with a pipe and a file runs in QuickJS", async () => {
  const quickjs = await getQuickJS();
  const vm = quickjs.newContext();
  try {
    // Shifted by 256, because a string that is passed in ends at its first NUL.
    const image = Array.from(readFileSync(`${root}/dist/rootfs.img`), (byte) =>
      String.fromCharCode(byte + 256),
    );
    const text = vm.newString(image.join(""));
    vm.setProp(vm.global, "imageText", text);
    text.dispose();
    vm.unwrapResult(vm.evalCode(await bundle())).dispose();
    const script =
      "echo one two >/tmp/f; cat /tmp/f | wc -w; i=0; while [ $i -lt 5 ]; do i=$((i+1)); done; echo $i";
    const result = vm.unwrapResult(vm.evalCode(`run(${JSON.stringify(script)})`));
    expect(JSON.parse(vm.dump(result) as string)).toEqual({
      status: 0,
      stdout: "2\n5\n",
      stderr: "",
    });
    result.dispose();
  } finally {
    vm.dispose();
  }
});

// Bad input ends in the guest's own error; the machine and this process go on.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { hostFolder, Machine } from "../../src/index.ts";

/** Runs in a small machine; then the machine must still work. */
async function run(script: string, timeoutMs = 15_000): Promise<[status: number, out: string]> {
  const machine = Machine.boot({ limits: { memoryBytes: 32 * 1024 * 1024, tasks: 100 } });
  try {
    const { status, stdout, stderr } = await machine.exec(script, { timeoutMs });
    expect((await machine.exec("echo alive")).stdout).toBe("alive\n");
    return [status, stdout + stderr];
  } finally {
    machine.close();
  }
}

test("a binary fed to sh", async () => {
  const [status] = await run(
    "head -c 4000 /dev/urandom >/tmp/b; sh /tmp/b >/dev/null 2>&1; [ $? -ne 0 ]",
  );
  expect(status).toBe(0);
});

test("a truncated gzip and a truncated tar", async () => {
  const [, out] = await run(
    "cd /tmp; yes | head -c 100000 >f; tar cf f.tar f; gzip -c f.tar | head -c 60 >g.gz;" +
      "gunzip -c g.gz >/dev/null 2>&1; echo $?;" +
      "head -c 2000 f.tar >t.tar; mkdir x; tar xf t.tar -C x 2>/dev/null; echo $?",
  );
  expect(out).toBe("1\n1\n");
});

test("an archive with .. in its names", async () => {
  const [, out] = await run(
    "mkdir -p /tmp/a/b /tmp/out; cd /tmp/a/b; echo x >../../evil;" +
      "tar cf /tmp/t.tar ../../evil 2>/dev/null; rm /tmp/evil;" +
      "cd /tmp/out; tar xf /tmp/t.tar 2>/dev/null; [ -e /tmp/evil ] || echo kept",
  );
  expect(out).toContain("kept");
});

test("a fork bomb", async () => {
  const machine = Machine.boot({ limits: { tasks: 60 } });
  await machine.exec("f() { f | f & }; f 2>/dev/null; sleep 0.2", { timeoutMs: 15_000 });
  // Its tasks may still be busy failing; kill what is left.
  for (let i = 0; i < 50 && machine.kernel.groups.size > 1; i++) {
    for (const group of machine.kernel.groups.values()) if (group.pid !== 1) group.exiting ??= 9;
    await new Promise((later) => setTimeout(later, 20));
  }
  expect((await machine.exec("echo alive")).stdout).toBe("alive\n");
  machine.close();
});

test.each([
  "f() { f; }; f",
  "f() { true && f; }; f",
  "f() { eval f; }; f",
  "f() { /bin/true; f; }; f",
  "f() { x=1 f; }; f",
  'x="eval \\$x"; eval $x',
])("endless recursion: %s", async (script) => {
  // The shell dies as from a stack overflow, also as the machine's first process.
  const [, out] = await run(`sh -c '${script}'; echo $?`);
  expect(out).toMatch(/^139\n/);
  const machine = Machine.boot();
  const first = machine.spawn(["sh", "-c", script], { init: true });
  expect((await first.exited).status).toBe(139);
  machine.close();
});

test("endless recursion through files and descriptors", async () => {
  const [, out] = await run(
    "echo '. /tmp/d' >/tmp/d; sh /tmp/d 2>&1; echo $?;" +
      "sh -c 'f() { f >/dev/null; }; f' 2>/dev/null; [ $? -ne 0 ] && echo ended",
  );
  expect(out).toContain("No file descriptors available\n2\nended\n");
});

test("a file up to the memory limit", async () => {
  const [, out] = await run(
    "dd if=/dev/zero of=/tmp/big bs=1M 2>&1; echo $?; rm /tmp/big; echo ok >/tmp/f; cat /tmp/f",
  );
  expect(out).toContain("No space left on device");
  expect(out).toMatch(/1\nok\n$/);
});

test("a full pipe that nobody reads", async () => {
  const [, out] = await run(
    "mkfifo /tmp/p; sleep 5 </tmp/p & yes >/tmp/p & sleep 0.1; kill $!; wait $!; echo $?",
  );
  expect(out).toMatch(/^143\n/);
});

test("kill -9 of a busy loop", async () => {
  const [, out] = await run(
    "sh -c 'while :; do :; done' & sleep 0.05; kill -9 $!; wait $!; echo $?",
  );
  expect(out).toContain("137\n");
});

test("a host folder that is deleted under the mount", async () => {
  const folder = mkdtempSync(`${tmpdir()}/bivy-test-`);
  writeFileSync(`${folder}/f`, "x");
  const machine = Machine.boot({ mounts: [{ fileSystem: hostFolder(folder), target: "/mnt/h" }] });
  expect((await machine.exec("cat /mnt/h/f")).stdout).toBe("x");
  rmSync(folder, { recursive: true });
  const { status, stderr } = await machine.exec("cat /mnt/h/f; echo y >/mnt/h/g");
  expect(status).not.toBe(0);
  expect(stderr).toMatch(/No such file or directory|Stale/);
  expect((await machine.exec("echo alive")).stdout).toBe("alive\n");
  machine.close();
});

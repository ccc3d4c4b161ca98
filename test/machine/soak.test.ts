// Ten thousand commands leave nothing behind: no task, no process, no page.
import { expect, test } from "vitest";
import { Machine } from "../../src/index.ts";

const SCRIPT = `
i=0
while [ $i -lt 500 ]; do
  x=$(echo $i | cat)
  (exit 3)
  echo "$x" >/tmp/f; cat </tmp/f >/dev/null; rm /tmp/f
  i=$((i+1))
done
sleep 0 & wait
cat <<END >/dev/null
$x
END
`;

test("ten thousand commands leave nothing behind", { timeout: 120_000 }, async () => {
  const machine = Machine.boot();
  const { kernel } = machine;
  const state = (): unknown => ({
    tasks: kernel.tasks.size,
    processes: kernel.groups.size,
    pgrps: kernel.pgrps.size,
    sessions: kernel.sessions.size,
    runnable: kernel.scheduler.runnable,
    memory: kernel.memory.used,
  });
  await machine.exec("echo a >/tmp/f; rm /tmp/f; :");
  const before = state();
  let commands = 0;
  for (let round = 0; round < 5; round++) {
    const forks = kernel.forks;
    const { status, stderr } = await machine.exec(SCRIPT);
    expect([status, stderr]).toEqual([0, ""]);
    commands += kernel.forks - forks;
  }
  expect(commands).toBeGreaterThan(10_000);
  expect(state()).toEqual(before);
  machine.close();
});

// Scripts that nobody has read: bounded memory, tasks, output and time; nothing of the host is there.
import { type BivyError, Machine } from "bivy";

export async function main(): Promise<string[]> {
  const machine = Machine.boot({ limits: { memoryBytes: 16 * 1024 * 1024, tasks: 64 } });
  const told: string[] = [];
  const full = await machine.exec("dd if=/dev/zero of=/tmp/big bs=1M count=100");
  told.push(`dd: status ${full.status}`);
  const bomb = await machine
    .exec("f() { f | f & }; f; wait; echo survived", { timeoutMs: 5000 })
    .catch((error: BivyError) => error.code);
  told.push(typeof bomb === "string" ? bomb : bomb.stdout.trim());
  try {
    await machine.exec("while :; do :; done", { timeoutMs: 50 });
  } catch (error) {
    told.push((error as BivyError).code);
  }
  try {
    await machine.exec("yes", { outputBytes: 1000 });
  } catch (error) {
    told.push((error as BivyError).code);
  }
  const { stdout } = await machine.exec("echo still here");
  told.push(stdout.trim());
  machine.close();
  return told;
}

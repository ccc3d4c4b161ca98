// A long-running process with streams: what is not read makes the guest wait.
import { Machine } from "bivy";

export async function main(): Promise<string[]> {
  const machine = Machine.boot();
  const child = machine.spawn(["sh", "-c", "while read -r n; do echo $((n * n)); done; exit 7"]);
  const writer = child.stdin?.getWriter();
  await writer?.write(new TextEncoder().encode("3\n4\n"));
  await writer?.close();
  let text = "";
  for await (const chunk of child.stdout ?? []) text += new TextDecoder().decode(chunk);
  const { status } = await child.exited;
  machine.close();
  return [text, `status ${status}`];
}

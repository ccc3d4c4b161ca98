// A clock that stands still and a seed: two runs are equal to the byte, and sleeping takes no time.
import { FixedHost, Machine, nodeHost } from "bivy";

function once(): string {
  const machine = Machine.boot({ host: new FixedHost(nodeHost(), { seed: 42 }) });
  const { stdout } = machine.runSync("date -u; sleep 3600; date -u; od -An -tx1 -N8 /dev/urandom");
  machine.close();
  return stdout;
}

export async function main(): Promise<[same: boolean, output: string]> {
  const first = once();
  return [first === once(), first];
}

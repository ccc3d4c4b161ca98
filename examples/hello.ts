// The shortest use: boot, run a script, look at the result.
import { Machine } from "bivy";

export async function main(): Promise<string> {
  const machine = Machine.boot();
  const { stdout, status } = await machine.exec("uname -s; cat /etc/alpine-release | wc -l");
  machine.close();
  return `${stdout}status ${status}`;
}

// A command of your own: to the guest it is a file in $PATH like any other.
import { defineProgram, Machine } from "bivy";

const shout = defineProgram(async ({ argv, read, write }) => {
  if (argv.length > 1) await write(1, `${argv.slice(1).join(" ").toUpperCase()}\n`);
  else {
    for (let chunk = await read(0); chunk.length > 0; chunk = await read(0)) {
      await write(1, String.fromCharCode(...chunk).toUpperCase());
    }
  }
  return 0;
});

export async function main(): Promise<string> {
  const machine = Machine.boot();
  machine.install("/usr/local/bin/shout", shout);
  const { stdout } = await machine.exec("shout hello; echo piped | shout");
  machine.close();
  return stdout;
}

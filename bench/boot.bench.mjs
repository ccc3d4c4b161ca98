// A computer from power on to its login prompt.
import { Computer } from "../dist/index.js";
import { line, median } from "./measure.mjs";

/** Milliseconds until the prompt, and what the kernel's log says of the start of init. */
async function bootOnce() {
  let text = "";
  let seen;
  const prompt = new Promise((resolve) => {
    seen = resolve;
  });
  const console = {
    write(bytes) {
      text += Buffer.from(bytes).toString("latin1");
      if (text.endsWith("login: ")) seen();
      return true;
    },
  };
  const computer = Computer.powerOn({ console });
  await prompt;
  computer.machine.close();
  return Number(/\[ *([\d.]+)\] init started/.exec(text)?.[1]) * 1000;
}

const inits = [];
const login = await median(5, async () => {
  inits.push(await bootOnce());
});
line("power on to login:", `${login.toFixed(0)} ms`, "at most 1000 ms");
line("of which until init", `${inits.sort((a, b) => a - b)[2].toFixed(0)} ms`);

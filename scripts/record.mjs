// Runs test/golden in a real BusyBox and tells where it differs from what the files say.
//
//     npm run record                 compares
//     npm run record -- --write      takes the real one's answers
//
// REFERENCE names the command (default "busybox sh"); without one nothing is compared, and it says so.
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../test/golden/", import.meta.url));
const [command, ...args] = (process.env.REFERENCE ?? "busybox sh").split(" ");
const write = process.argv.includes("--write");
let different = 0;
if (spawnSync(command, [...args, "-c", ":"]).status !== 0) {
  console.log(`skipped: there is no ${command} here`);
  process.exit(0);
}
for (const name of readdirSync(folder).filter((file) => file.endsWith(".sh"))) {
  const text = readFileSync(folder + name, "latin1");
  const script = text.split("\n").filter((line) => !/^#[>=]/.test(line));
  const { stdout, status } = spawnSync(command, [...args, folder + name], {
    encoding: "latin1",
    input: "",
  });
  const answers = stdout
    .split("\n")
    .slice(0, -1)
    .map((line) => `#> ${line}`);
  if (status !== 0) answers.push(`#= ${status}`);
  const recorded = `${script.join("\n").trimEnd()}\n${answers.join("\n")}\n`;
  if (recorded === text) continue;
  different++;
  console.log(`${name}: differs`);
  if (write) writeFileSync(folder + name, recorded, "latin1");
}
console.log(`${different} different`);
process.exit(different > 0 && !write ? 1 : 0);

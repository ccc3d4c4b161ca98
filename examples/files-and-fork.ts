// Prepare a machine once, then give every task a copy of it: files are shared until they change.
import { Machine } from "bivy";

export async function main(): Promise<string[]> {
  const template = Machine.boot({ hostname: "worker" });
  template.fs.mkdirSync("/job");
  template.fs.writeFileSync("/job/input", "3\n1\n2\n");

  const results: string[] = [];
  for (const options of ["-n", "-rn"]) {
    const machine = template.fork();
    await machine.exec(`sort ${options} input >output`, { cwd: "/job", check: true });
    results.push(machine.fs.readFileSync("/job/output", "utf8"));
    machine.close();
  }
  results.push(`output in the template: ${template.fs.existsSync("/job/output")}`);
  template.close();
  return results;
}

// Prints docs/syscalls.md from the table of system calls: npx tsx scripts/syscalls.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { syscallsPage } from "../src/kernel/syscalls/table.ts";

writeFileSync(fileURLToPath(new URL("../docs/syscalls.md", import.meta.url)), syscallsPage());

// lbu include and exclude: the list of what is saved beside what apk knows to be changed.
import type { Steps } from "../abi/program.ts";
import { rename } from "../libc/unistd.ts";
import type { Lbu } from "./lbu-state.ts";

type Sign = "+" | "-";

function* add(lbu: Lbu, sign: Sign, files: readonly string[]): Steps<void> {
  const { s, listFile } = lbu;
  s.mkdirs(listFile.slice(0, listFile.lastIndexOf("/")));
  for (const file of files) {
    const name = file.replace(/^\/+/, "");
    if ((yield* s.lines(listFile)).includes(sign + name))
      yield* s.vecho(`${name} is already in ${listFile}.`);
    else {
      yield* s.vecho(`Adding ${name} to ${listFile}.`);
      yield* s.append(listFile, `${sign}${name}\n`);
    }
  }
}

function* remove(lbu: Lbu, sign: Sign, files: readonly string[]): Steps<boolean> {
  const { s, listFile } = lbu;
  if (!s.isFile(listFile)) return false;
  for (const file of files) {
    const name = file.replace(/^\/+/, "");
    const lines = yield* s.lines(listFile);
    if (!lines.includes(sign + name)) {
      yield* s.vecho(`${name} is not in ${listFile}`);
      continue;
    }
    yield* s.vecho(`Removing ${name} from ${listFile}.`);
    const rest = lines.filter((line) => line !== sign + name);
    yield* s.write(`${listFile}.new`, rest.map((line) => `${line}\n`).join(""));
    rename(s.sys, `${listFile}.new`, listFile);
  }
  return true;
}

/** lbu include (+) and lbu exclude (-): what is added to one kind leaves the other. */
export function* changeList(lbu: Lbu, sign: Sign, args: readonly string[]): Steps<number> {
  const { s } = lbu;
  if (lbu.list) {
    if (args.length > 0) yield* s.showUsage(1);
    if (!s.isFile(lbu.listFile)) return 0;
    yield* s.vecho(sign === "+" ? "Include files:" : "Exclude files:");
    const lines = (yield* s.lines(lbu.listFile)).filter((line) => line.startsWith(sign));
    for (const line of lines) yield* s.echo(line.slice(1));
    return 0;
  }
  if (args.length === 0) yield* s.showUsage(1);
  if (lbu.remove) return (yield* remove(lbu, sign, args)) ? 0 : 1;
  if (sign === "+") {
    yield* add(lbu, "+", args);
    return (yield* remove(lbu, "-", args)) ? 0 : 1;
  }
  yield* remove(lbu, "+", args);
  yield* add(lbu, "-", args);
  return 0;
}

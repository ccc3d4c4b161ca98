// syslinux.cfg of a boot medium: are the files there that it names?
import type { Steps } from "../abi/program.ts";
import { basename, type Setup, words } from "./libalpine.ts";

/** Where it is below a folder. */
export function findSyslinuxCfg(s: Setup, dir: string): string | undefined {
  return ["boot/syslinux/syslinux.cfg", "syslinux.cfg"].find((path) => s.exists(`${dir}/${path}`));
}

/** Replaces a word in the lines that begin with a key. */
function* replaceIn(
  s: Setup,
  file: string,
  changes: readonly [key: RegExp, from: string, to: string][],
): Steps<void> {
  const lines = (yield* s.lines(file)).map((line) => {
    let text = line;
    for (const [key, from, to] of changes) if (key.test(text)) text = text.replace(from, () => to);
    return text;
  });
  yield* s.write(file, lines.map((line) => `${line}\n`).join(""));
}

function* hint(s: Setup, dir: string): Steps<void> {
  yield* s.echo(`         Run ${s.p.argv[0]} -f -c "${dir}" to fix`);
}

/** Looks at kernels and initramfs; with `fix` names of old versions are replaced by those of new ones. */
export function* checkSyslinuxCfg(
  s: Setup,
  dir: string,
  cfg: string | undefined,
  fix: boolean,
): Steps<void> {
  if (cfg === undefined) return s.die("Could not find any syslinux.cfg. Aborting");
  const file = `${dir}/${cfg}`;
  const rows = yield* s.rows(file);
  const values = (key: string): string[][] =>
    rows.filter(([word = ""]) => word.toLowerCase() === key).map((row) => row.slice(1));
  for (const [kernel = ""] of values("kernel")) {
    const path = `${dir.replace(/\/$/, "")}/${kernel.replace(/^\//, "")}`;
    const name = basename(kernel);
    if (kernel === "" || (s.exists(path) && name.startsWith("vmlinuz"))) continue;
    const folder = kernel.slice(0, kernel.lastIndexOf("/"));
    const other = `${path.slice(0, path.lastIndexOf("/"))}/vmlinuz-${name}`;
    if (fix && s.exists(other)) {
      const now = `${folder}/vmlinuz-${name}`;
      yield* s.echo(`Fixing ${cfg}: kernel ${kernel} -> ${now}`);
      yield* replaceIn(s, file, [[/^\s*kernel\s/i, kernel, now]]);
    } else if (!s.exists(path)) {
      yield* s.echo(`Warning: ${cfg}: kernel ${path}  was not found`);
      yield* hint(s, dir);
    }
  }
  let initrds = values("initrd").flatMap((row) => words(row.join(" ").replaceAll(",", " ")));
  for (const row of values("append"))
    for (const word of row) if (word.startsWith("initrd=")) initrds = [word.slice(7)];
  for (const initrd of initrds) {
    if (s.exists(`${dir}/${initrd}`)) continue;
    const flavor = basename(initrd).replace(/\.gz$/, "");
    const now = `${initrd.slice(0, initrd.lastIndexOf("/"))}/initramfs-${flavor}`;
    if (fix && s.exists(`${dir}/${now}`)) {
      yield* s.echo(`Fixing ${cfg}: initrd ${initrd} -> ${now}`);
      yield* replaceIn(s, file, [
        [/^\s*initrd\s/i, initrd, now],
        [/^\s*append\s/i, `initrd=${initrd}`, `initrd=${now}`],
      ]);
    } else {
      yield* s.echo(`Warning: initrd ${initrd} was not found. System will likely not boot`);
      yield* hint(s, dir);
    }
  }
}

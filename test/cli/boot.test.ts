// `bivy boot` and `bivy build iso`, as a person at a terminal has them: through the streams of the process.
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const bivy = `${root}bin/bivy.cjs`;
const folder = mkdtempSync(`${tmpdir()}/bivy-boot-`);
beforeAll(buildIfStale, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs `bivy boot`, types each answer when its question has been said; what was said and the status. */
function session(args: string[], talk: [question: RegExp, answer: string][]): Promise<string> {
  const child: ChildProcess = spawn(process.execPath, [bivy, "boot", ...args]);
  let text = "";
  let from = 0;
  const left = [...talk];
  child.stdout?.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    for (let next = left[0]; next !== undefined; next = left[0]) {
      const match = next[0].exec(text.slice(from));
      if (match === null) return;
      from += match.index + match[0].length;
      left.shift();
      child.stdin?.write(next[1]);
    }
  });
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill("SIGKILL"), 40_000);
    child.on("close", (status) => {
      clearTimeout(timer);
      resolve(`${text.replaceAll("\r", "")}[${status}]`);
    });
  });
}

test("an ISO image of our own is what Debian's programs take for one, and boots", async () => {
  const iso = `${folder}/bivy.iso`;
  execFileSync(process.execPath, [bivy, "build", "iso", iso]);
  expect(statSync(iso).size % 2048).toBe(0);
  const said = await session(
    ["--iso", iso],
    [
      [/login: $/, "root\n"],
      [/:~# /, "cat /etc/apk/repositories; ls /media/cdrom/boot | cat; poweroff\n"],
    ],
  );
  expect(said).toContain("\n/media/cdrom/apks\ngrub\ninitramfs-lts\n");
  expect(said).toMatch(/Requesting system poweroff\n\[0\]$/);
}, 60_000);

test.skipIf(!existsSync("/usr/bin/xorriso"))("xorriso reads the image", () => {
  const { stdout } = spawnSync(
    "xorriso",
    ["-indev", `${folder}/bivy.iso`, "-find", "/", "-maxdepth", "2"],
    {
      encoding: "utf8",
    },
  );
  expect(stdout).toContain("'/apks/.boot_repository'\n");
});

test("what cannot be booted is told in one line", () => {
  writeFileSync(`${folder}/empty.iso`, Buffer.alloc(65536));
  const cases = [
    ["boot", "--iso", `${folder}/nothing.iso`],
    ["boot", "--iso", `${folder}/empty.iso`],
    ["boot", "--disk", `${folder}/nothing.img`],
    ["boot", "--overlay", `${folder}/nothing.tar.gz`],
    ["boot", "--disk"],
    ["boot", "--bogus"],
    ["build", "tape", "x"],
  ];
  const said = cases.map((args) => {
    const { status, stderr } = spawnSync(process.execPath, [bivy, ...args], { encoding: "utf8" });
    return `${status} ${stderr.split("\n")[0]?.replaceAll(folder, "DIR")}`;
  });
  expect(said).toEqual([
    "125 bivy: DIR/nothing.iso: there is no such disk (size=8G makes one)",
    "125 bivy: DIR/empty.iso: no ISO 9660 file system",
    "125 bivy: DIR/nothing.img: there is no such disk (size=8G makes one)",
    "125 bivy: ENOENT: no such file or directory, open 'DIR/nothing.tar.gz'",
    "125 bivy: flag needs an argument: --disk",
    "125 bivy: unknown flag: --bogus",
    "125 bivy: unknown kind of image: tape",
  ]);
}, 30_000);

test("bivy attach: another console of a running machine, by name", async () => {
  const environment = { ...process.env, XDG_RUNTIME_DIR: folder };
  const attach = (input: string): Promise<string> => {
    const child = spawn(process.execPath, [bivy, "attach", "hut", "tty2"], { env: environment });
    let text = "";
    const take = (chunk: Buffer): void => {
      text += chunk.toString("latin1");
      if (/login: $/.test(text)) child.stdin.write("root\n");
      if (/:~# (?:\x1b\[6n)?$/.test(text)) child.stdin.write(input);
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    return new Promise((resolve) =>
      child.on("close", (status) => resolve(`${text.replaceAll("\r", "")}[${status}]`)),
    );
  };
  // What a killed machine left under the name is nobody's.
  writeFileSync(`${folder}/bivy-hut.sock`, "");
  const machine = spawn(process.execPath, [bivy, "boot", "--name", "hut", "--append", "quiet"], {
    env: environment,
  });
  const ended = new Promise((resolve) => machine.on("close", resolve));
  try {
    let said = "";
    await new Promise<void>((resolve) => {
      machine.stdout.on("data", (chunk: Buffer) => {
        said += chunk.toString("latin1");
        if (said.endsWith("login: ")) resolve();
      });
    });
    expect(await attach("tty\n\x1d")).toMatch(/\[0\]$/);
    expect(await attach("poweroff\n")).toMatch(/\[0\]$/);
    // It asks for it again at each prompt that it still gets.
    expect(await ended).toBe(0);
  } finally {
    machine.kill("SIGKILL");
  }
  expect(await attach("")).toBe(
    "bivy: no machine of the name 'hut' runs\nSee 'bivy attach --help'\n[125]",
  );
}, 60_000);

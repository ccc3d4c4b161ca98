// The command line as a person uses it: whole processes.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildIfStale } from "../support/build.ts";

const BIVY = ["bin/bivy.cjs"];
let folder: string;

beforeAll(() => {
  buildIfStale();
  folder = mkdtempSync(`${tmpdir()}/bivy-`);
  mkdirSync(`${folder}/d`);
  writeFileSync(`${folder}/d/file`, "from the host\n");
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

function bivy(args: string[], input = ""): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...BIVY, ...args], {
    input,
    encoding: "latin1",
    timeout: 20_000,
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}

const ok = (stdout: string): Outcome => ({ status: 0, stdout, stderr: "" });

test("output and exit status are the command's", () => {
  expect(bivy(["run", "alpine", "cat", "/etc/alpine-release"])).toEqual(ok("3.20.3\n"));
  expect(bivy(["run", "--rm", "alpine", "false"])).toEqual({ status: 1, stdout: "", stderr: "" });
  expect(bivy(["run", "--", "basename", "/a/b"])).toEqual(ok("b\n"));
});

test("standard input is the host's with -i, and empty without", () => {
  expect(bivy(["run", "-i", "alpine", "cat"], "text")).toEqual(ok("text"));
  expect(bivy(["run", "alpine", "cat"], "text")).toEqual(ok(""));
  expect(bivy(["run", "-i", "alpine", "cat", "/dev/stdin"], "text")).toEqual(ok("text"));
  const long = "0123456789abcde\n".repeat(100_000);
  expect(bivy(["run", "-i", "alpine", "cat"], long).stdout === long).toBe(true);
});

test("folders of the host", () => {
  const volume = `${folder}/d:/mnt/d`;
  expect(bivy(["run", "-v", volume, "alpine", "cat", "/mnt/d/file"])).toEqual(
    ok("from the host\n"),
  );
  expect(bivy(["run", "-v", volume, "-w", "/mnt/d", "alpine", "cp", "file", "copy"])).toEqual(
    ok(""),
  );
  expect(readFileSync(`${folder}/d/copy`, "latin1")).toBe("from the host\n");
  expect(bivy(["run", "-v", `${volume}:ro`, "alpine", "cp", "/etc/hosts", "/mnt/d"])).toEqual({
    status: 1,
    stdout: "",
    stderr: "cp: can't create '/mnt/d/hosts': Read-only file system\n",
  });
  expect(bivy(["run", "-v", `${folder}/d/file:/etc/motd`, "alpine", "cat", "/etc/motd"])).toEqual(
    ok("from the host\n"),
  );
});

test("two folders at once, in and out of directories", () => {
  const script =
    "mkdir /a/x && cd /a/x && for i in 1 2 3; do echo $i >$i; mv $i /b/$i; ln /b/3 /b/l$i; done 2>&1;" +
    "cd /b && mkdir -p y/z && cp -r . /a/x/copy && cd /a/x && mv copy ../moved && cat ../moved/[123];" +
    "cd /b/y/z && echo deep >f && ls -R /a /b";
  mkdirSync(`${folder}/a`);
  mkdirSync(`${folder}/b`);
  const volumes = ["-v", `${folder}/a:/a`, "-v", `${folder}/b:/b`];
  const { stdout, status } = bivy(["run", ...volumes, "alpine", "sh", "-c", script]);
  expect([status, stdout]).toEqual([
    0,
    "ln: /b/3: No such file or directory\nln: /b/3: No such file or directory\n1\n2\n3\n" +
      "/a:\nmoved\nx\n\n/a/moved:\n1\n2\n3\nl3\ny\n\n/a/moved/y:\nz\n\n/a/moved/y/z:\n\n/a/x:\n\n" +
      "/b:\n1\n2\n3\nl3\ny\n\n/b/y:\nz\n\n/b/y/z:\nf\n",
  ]);
  expect(readFileSync(`${folder}/b/y/z/f`, "latin1")).toBe("deep\n");
});

test("environment, directory, user, name", () => {
  const { stdout } = bivy(["run", "-e", "A=1", "-e", "B=x y", "-h", "box", "alpine", "env"]);
  expect(stdout.split("\n").sort().join("\n").trim()).toBe(
    "A=1\nB=x y\nHOME=/root\nHOSTNAME=box\n" +
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  );
  expect(bivy(["run", "-u", "guest", "alpine", "id", "-u"])).toEqual(ok("405\n"));
  expect(bivy(["run", "-u", "5:6", "alpine", "id", "-g"])).toEqual(ok("6\n"));
});

test("a command that cannot be started", () => {
  expect(bivy(["run", "alpine", "nope"])).toEqual({
    status: 127,
    stdout: "",
    stderr: 'bivy: exec: "nope": executable file not found in $PATH\n',
  });
  expect(bivy(["run", "alpine", "/etc"])).toMatchObject({ status: 126, stdout: "" });
});

test("wrong command lines end with 125", () => {
  for (const args of [["run", "--nope", "alpine"], ["run", "debian"], ["run"], ["bogus"], ["-x"]]) {
    const { status, stdout, stderr } = bivy(args);
    expect([status, stdout], args.join(" ")).toEqual([125, ""]);
    expect(stderr).toMatch(/^bivy: .*\nSee 'bivy /);
  }
});

test("help and version", () => {
  expect(bivy(["--version"]).stdout).toMatch(/^bivy \d+\.\d+\.\d+\n$/);
  expect(bivy(["--help"]).stdout).toMatch(/^Usage: bivy \[COMMAND\]\n/);
  expect(bivy(["run", "--help"]).stdout).toMatch(/^Usage: bivy run /);
});

test("a reader that leaves ends the writer", async () => {
  const child = spawn(process.execPath, [...BIVY, "run", "alpine", "cat", "/dev/zero"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.once("data", () => child.stdout.destroy());
  const status = await new Promise((resolve) => child.on("exit", resolve));
  expect(status).not.toBe(0);
});

test("signals go to the command; with --init it dies of them", async () => {
  const child = spawn(process.execPath, [...BIVY, "run", "-i", "--init", "alpine", "cat"]);
  child.stdin.write("x");
  await new Promise((resolve) => child.stdout.once("data", resolve));
  child.kill("SIGTERM");
  const status = await new Promise((resolve) => child.on("exit", resolve));
  expect(status).toBe(143);
});

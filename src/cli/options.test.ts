import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseMemory, parseRun, parseVolume, UsageError } from "./options.ts";
import { VERSION } from "./version.ts";

test("options end at the image, the rest is the command", () => {
  const options = parseRun(["-it", "--rm", "-w/w", "alpine", "ls", "-l", "--rm"]);
  expect(options).toMatchObject({
    interactive: true,
    tty: true,
    workdir: "/w",
    image: "alpine",
    command: ["ls", "-l", "--rm"],
  });
});

test("-- stands for the image", () => {
  const options = parseRun(["--volume", "/a:/b", "--", "/bin/sh", "-c", "x"]);
  expect(options.image).toBeUndefined();
  expect(options.command).toEqual(["/bin/sh", "-c", "x"]);
  expect(options.volumes).toEqual([{ host: "/a", guest: "/b", readOnly: false }]);
});

test("values follow in the same word, after =, or in the next word", () => {
  for (const words of [["-eA=1"], ["-e=A=1"], ["-e", "A=1"], ["--env=A=1"], ["--env", "A=1"]])
    expect(parseRun([...words, "alpine"])).toMatchObject({ env: ["A=1"], image: "alpine" });
  expect(parseRun(["-ie", "A=1", "alpine"])).toMatchObject({ interactive: true, env: ["A=1"] });
  expect(parseRun(["--tty=false", "--init=1", "alpine"])).toMatchObject({ tty: false, init: true });
});

test("volumes and sizes", () => {
  expect(parseVolume("./x:/y:ro")).toEqual({ host: "./x", guest: "/y", readOnly: true });
  expect(parseVolume("C:\\data:/d")).toEqual({ host: "C:\\data", guest: "/d", readOnly: false });
  expect(parseMemory("64m")).toBe(64 * 1024 * 1024);
  expect(parseMemory("1.5g")).toBe(1.5 * 1024 ** 3);
  expect(parseRun(["--pids-limit", "7", "alpine"]).tasks).toBe(7);
  expect(parseRun(["--pids-limit", "-1", "alpine"]).tasks).toBeUndefined();
});

test("network and ports", () => {
  const words = ["--network", "allow=a.example:443,*.b.example", "--network=allow=10.0.0.0/8:80"];
  expect(parseRun([...words, "alpine"]).network).toEqual({
    allow: ["a.example:443", "*.b.example", "10.0.0.0/8:80"],
  });
  expect(parseRun(["--network", "host", "alpine"]).network).toBe("host");
  expect(parseRun(["-p", "8080:80", "-p127.0.0.1:53:53/udp", "--publish=90", "x"]).ports).toEqual([
    { address: "", hostPort: 8080, port: 80, protocol: "tcp" },
    { address: "127.0.0.1", hostPort: 53, port: 53, protocol: "udp" },
    { address: "", hostPort: 0, port: 90, protocol: "tcp" },
  ]);
});

test("what is wrong is refused", () => {
  const wrong: [string[], string][] = [
    [["--foo", "alpine"], "unknown flag: --foo"],
    [["-iz", "alpine"], "unknown shorthand flag: 'z' in -iz"],
    [["-e"], "flag needs an argument: 'e' in -e"],
    [["--volume"], "flag needs an argument: --volume"],
    [["-v", "/a", "alpine"], "invalid volume specification: '/a'"],
    [["-v", "/a:b", "alpine"], "b is no absolute path"],
    [["-v", "/a:/b:rx", "alpine"], "invalid mode: rx"],
    [["-v", "/a:/", "alpine"], "destination can't be '/'"],
    [["-m", "lots", "alpine"], "invalid size: 'lots'"],
    [["-m", "1m", "alpine"], "Minimum memory limit allowed is 6MB"],
    [["--network", "bridge", "alpine"], "network bridge not found"],
    [["--network", "allow=a b", "alpine"], "invalid network rule: 'a b'"],
    [["-p", "x:80", "alpine"], "invalid port specification: 'x:80'"],
    [["-p", "80:70000", "alpine"], "invalid port specification"],
    [["--name", "-", "alpine"], "invalid name"],
    [["--rm=maybe", "alpine"], 'invalid argument "maybe" for "--rm"'],
    [["--constructor", "alpine"], "unknown flag: --constructor"],
  ];
  for (const [words, message] of wrong) {
    expect(() => parseRun(words), words.join(" ")).toThrow(UsageError);
    expect(() => parseRun(words)).toThrow(message);
  }
});

test("the version is that of the package", () => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  expect(VERSION).toBe(version);
});

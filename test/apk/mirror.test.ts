// A mirror on the web that behaves and misbehaves: right results or right messages, and no change after a failure.
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Machine } from "../../src/index.ts";
import { makeRepository, newKey } from "../support/apk-machine.ts";
import { buildIfStale } from "../support/build.ts";

const key = newKey();
const content = createHash("sha512").update("seed").digest("hex").repeat(2000);
let files: ReadonlyMap<string, Uint8Array> = new Map();
/** Requests for packages and indexes by mode, in order. */
const asked: string[] = [];

/** Some bytes now, the others a little later. */
function trickle(response: ServerResponse, bytes: Uint8Array): void {
  if (bytes.length === 0) response.end();
  else
    response.write(bytes.subarray(0, 400), () =>
      setTimeout(() => trickle(response, bytes.subarray(400)), 5),
    );
}

function serve(request: IncomingMessage, response: ServerResponse): void {
  const [, mode = "", ...rest] = (request.url ?? "").split("/");
  if (mode === "key") {
    response.end(key.pem);
    return;
  }
  const path = `/repo/${rest.join("/")}`;
  const bytes = files.get(path);
  const isIndex = path.endsWith(".tar.gz");
  asked.push(`${mode} ${rest.at(-1)}${request.headers.range ? ` ${request.headers.range}` : ""}`);
  if (bytes === undefined) {
    response.writeHead(404).end();
    return;
  }
  const etag = '"1"';
  const trouble = isIndex && mode.endsWith("-package") ? "good" : mode.replace("-package", "");
  switch (trouble) {
    case "missing":
      response.writeHead(404).end();
      break;
    case "moved":
      response.writeHead(302, { Location: `/good/${rest.join("/")}` }).end();
      break;
    case "broken":
      response.writeHead(500).end();
      break;
    case "tampered": {
      const evil = Buffer.from(bytes);
      evil[evil.length - 60] = (evil[evil.length - 60] as number) ^ 1;
      response.end(evil);
      break;
    }
    case "truncated":
      response.end(bytes.subarray(0, bytes.length - 40));
      break;
    case "short":
      response.writeHead(200, { "Content-Length": bytes.length + 9 });
      response.write(bytes, () => response.destroy());
      break;
    case "stalled":
      response.writeHead(200, { "Content-Length": bytes.length });
      response.write(bytes.subarray(0, 10));
      break;
    case "slow":
      response.writeHead(200, { "Content-Length": bytes.length });
      trickle(response, bytes);
      break;
    case "resumed": {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const headers = { ETag: etag, "Content-Length": bytes.length - from };
      if (from > 0)
        response.writeHead(206, {
          ...headers,
          "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
        });
      else response.writeHead(200, headers);
      if (from === 0 && !isIndex) response.write(bytes.subarray(0, 700), () => response.destroy());
      else response.end(bytes.subarray(from));
      break;
    }
    default:
      if (request.headers["if-none-match"] === etag) response.writeHead(304).end();
      else response.writeHead(200, { ETag: etag }).end(bytes);
  }
}

const server = createServer(serve);
let url = "";
beforeAll(async () => {
  buildIfStale();
  files = makeRepository(key.key, [
    { name: "p", version: "1-r0", files: [{ path: "usr/p", content }] },
  ]);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://10.0.2.2:${(server.address() as AddressInfo).port}`;
}, 120_000);
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** What `apk add p` says and does with each list of mirrors, all at once. */
async function add(lists: readonly (readonly string[])[]): Promise<string[]> {
  const machine = Machine.boot({ network: { allow: ["127.0.0.1"] } });
  try {
    const jobs = lists.map((modes, i) => {
      const apk = `apk --root /r${i} --arch x86_64 --timeout 1`;
      const mirrors = modes.map((mode) => `-X ${url}/${mode}`).join(" ");
      return (
        `( mkdir -p /r${i}/etc/apk/keys; wget -qO /r${i}/etc/apk/keys/test.rsa.pub ${url}/key; ` +
        `${apk} --initdb --no-network add; ${apk} ${mirrors} add p >/log${i} 2>&1; s=$?; ` +
        `grep -v '^fetch\\|^(1/1)\\|^OK\\|^1 error' /log${i}; echo "status $s"; ` +
        `cat /r${i}/usr/p 2>/dev/null | sha1sum | cut -c1-4; ${apk} info -q; ` +
        `find /r${i} -name '.apk*' ) >/out${i} 2>&1 &`
      );
    });
    const show = lists.map((_, i) => `cat /out${i}; echo ===;`).join("");
    const { stdout } = await machine.exec(`${jobs.join("\n")}\nwait; ${show}`, {
      timeoutMs: 60_000,
    });
    // Where bytes are turned over decides what is noticed first.
    return stdout
      .replaceAll(url, "URL")
      .replace(/(tampered: )(BAD signature|BAD archive)/, "$1IO ERROR")
      .split("===\n")
      .slice(0, -1);
  } finally {
    machine.close();
  }
}

test("mirrors of all kinds", async () => {
  const modes = ["good", "moved", "slow", "resumed", "missing", "broken", "tampered", "truncated"];
  const lists = [...modes, "short", "stalled"].map((mode) => [mode]);
  const packages = ["missing", "tampered", "truncated", "short", "stalled"];
  // Of several mirrors the one that was named last is asked first.
  lists.push(...packages.map((mode) => [`${mode}-package`]), ["good", "short-package"]);
  const results = await add(lists);
  const sum = createHash("sha1").update(content).digest("hex").slice(0, 4);
  const empty = createHash("sha1").digest("hex").slice(0, 4);
  const head = "OK: 0 MiB in 0 packages\n";
  const done = `${head}status 0\n${sum}\np\n`;
  const unknown = `ERROR: unable to select packages:\n  p (no such package):\n    required by: world[p]\n`;
  const noIndex = (mode: string, why: string): string =>
    `${head}WARNING: updating and opening URL/${mode}: ${why}\n${unknown}status 1\n${empty}\n`;
  const noPackage = (why: string): string => `${head}ERROR: p-1-r0: ${why}\nstatus 1\n${empty}\n`;
  const late =
    "operation timed out (try again later, or another mirror): 10.0.2.2: no answer in time";
  const size = files.get("/repo/x86_64/p-1-r0.apk")?.length ?? 0;
  const closed = (n: number): string =>
    `Connection aborted (try again later, or another mirror): 10.0.2.2: the connection was closed after ${n} of ${n + 9} bytes`;
  const indexSize = files.get("/repo/x86_64/APKINDEX.tar.gz")?.length ?? 0;
  const host = url.slice(7);
  expect(Object.fromEntries(lists.map((list, i) => [list.join(" "), results[i]]))).toEqual({
    good: done,
    moved: done,
    slow: done,
    resumed: done,
    missing: noIndex("missing", "No such file or directory"),
    broken: noIndex(
      "broken",
      `temporary error (try again later): ${host}: HTTP/1.1 500 Internal Server Error`,
    ),
    tampered: noIndex("tampered", "IO ERROR"),
    truncated: noIndex("truncated", "BAD archive"),
    short: noIndex("short", closed(indexSize)),
    stalled: noIndex("stalled", late),
    "missing-package": noPackage("package mentioned in index not found (try 'apk update')"),
    "tampered-package": noPackage("IO ERROR"),
    "truncated-package": noPackage("BAD archive"),
    "short-package": noPackage(closed(size)),
    "stalled-package": noPackage(late),
    "good short-package":
      `${head}WARNING: p-1-r0: URL/short-package/x86_64/p-1-r0.apk: ${closed(size)}; ` +
      `trying URL/good/x86_64/p-1-r0.apk\nstatus 0\n${sum}\np\n`,
  });
  expect(asked.filter((line) => line.startsWith("resumed p"))).toEqual([
    "resumed p-1-r0.apk",
    "resumed p-1-r0.apk bytes=700-",
  ]);
}, 90_000);

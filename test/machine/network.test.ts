// The network between a machine and the outside: real servers of this process, reached through the gateway.
import { execFileSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer as createHttp, get } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { settle } from "../../src/abi/program.ts";
import { Machine, nodeHost } from "../../src/index.ts";
import type { Host, Uplink, UplinkHandler } from "../../src/kernel/host.ts";
import { strOf } from "../../src/lib/bytes.ts";
import { NXDOMAIN, TYPE_A } from "../../src/lib/dns.ts";
import { httpOpen } from "../../src/libc/http.ts";
import { HttpConnections } from "../../src/libc/http-connection.ts";
import { HttpError } from "../../src/libc/http-error.ts";
import { buildIfStale } from "../support/build.ts";

const closers: (() => void)[] = [];
beforeAll(() => buildIfStale(), 120_000);
afterAll(() => {
  for (const close of closers) close();
});

function listening(server: Server): Promise<number> {
  closers.push(() => server.close());
  return new Promise((resolve) =>
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)),
  );
}

/** A server that answers a path with these bytes; then ends the connection, unless told otherwise. */
async function rawServer(
  answers: Readonly<Record<string, string>>,
  after: (socket: Socket, path: string) => void = (socket) => socket.end(),
): Promise<number> {
  return await listening(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        const path = bytes.toString().split(" ")[1] ?? "";
        socket.write(answers[path] ?? "", () => after(socket, path));
      });
    }),
  );
}

async function run(
  script: string,
  options: Parameters<typeof Machine.boot>[0] = { network: { allow: ["127.0.0.1"] } },
): Promise<string> {
  const machine = Machine.boot(options);
  try {
    const { stdout, stderr, status } = await machine.exec(script, { timeoutMs: 30_000 });
    return `${stdout}${stderr}status ${status}\n`;
  } finally {
    machine.close();
  }
}

test("wget and a web server: lengths, chunks, redirections, parts", async () => {
  const port = await listening(
    createHttp((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { Location: "/it" }).end();
      else if (request.url === "/part" && request.headers.range === "bytes=3-")
        response.writeHead(206, { "Content-Range": "bytes 3-5/6" }).end("def");
      else if (request.url === "/chunks") {
        response.write("one ");
        response.end("two\n");
      } else response.end(`${request.method} ${request.url}\n`);
    }),
  );
  const url = `http://10.0.2.2:${port}`;
  expect(
    await run(
      `wget -qO- ${url}/moved; wget -qO- ${url}/chunks; wget -qO- --post-data x ${url}/p;` +
        `cd /tmp; printf abc >part; wget -qc ${url}/part; cat part; wget -q ${url}/gone/; cat index.html`,
    ),
  ).toBe("GET /it\none two\nPOST /p\nabcdefGET /gone/\nstatus 0\n");
});

test("servers that misbehave", async () => {
  const ok = "HTTP/1.1 200 OK\r\n";
  const port = await rawServer(
    {
      "/short": `${ok}Content-Length: 100\r\n\r\nabc`,
      "/chunk": `${ok}Transfer-Encoding: chunked\r\n\r\nzz\r\n`,
      "/length": `${ok}Content-Length: -1\r\n\r\n`,
      "/junk": "hello\r\n\r\n",
      "/404": "HTTP/1.1 404 Not Found\r\n\r\n",
      "/loop": "HTTP/1.1 302 Found\r\nLocation: /loop\r\n\r\n",
      "/reset": `${ok}Content-Length: 9\r\n\r\nabc`,
      "/stall": `${ok}Content-Length: 9\r\n\r\nabc`,
    },
    (socket, path) => {
      if (path === "/reset") setTimeout(() => socket.resetAndDestroy(), 50);
      else if (path !== "/stall") socket.end();
    },
  );
  const get = ["short", "chunk", "length", "junk", "404", "loop", "reset", "stall"];
  const url = `http://10.0.2.2:${port}`;
  const script = get.map((path) => `wget -T 1 -qO /dev/null ${url}/${path}`).join(";");
  expect(await run(script)).toBe(
    [
      "wget: connection closed prematurely",
      "wget: bad chunk length 'zz'",
      "wget: content-length -1 is garbage",
      "wget: error getting response",
      "wget: server returned error: HTTP/1.1 404 Not Found",
      "wget: too many redirections",
      "wget: read error: Connection reset by peer",
      "wget: download timed out",
      "status 1\n",
    ].join("\n"),
  );
});

test("TLS: who is not known, is somebody else or speaks something else is refused", async () => {
  const folder = mkdtempSync(join(tmpdir(), "bivy-tls-"));
  closers.push(() => rmSync(folder, { recursive: true }));
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const names = "subjectAltName=DNS:good.example,IP:10.0.2.2";
  const make = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=x"];
  execFileSync("openssl", [...make, "-addext", names, "-keyout", key, "-out", cert], {
    stdio: "ignore",
  });
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const port = await listening(createHttps(options, (_, response) => response.end("secret\n")));
  const clear = await rawServer({});
  const machine = Machine.boot({ network: { allow: ["127.0.0.1"] } });
  const exec = async (script: string): Promise<string> => {
    const { stdout, stderr } = await machine.exec(script, { timeoutMs: 30_000 });
    return stdout + stderr;
  };
  try {
    const url = `https://10.0.2.2:${port}/`;
    expect(await exec(`wget -qO- ${url}`)).toBe("wget: 10.0.2.2: TLS: self-signed certificate\n");
    expect(await exec(`wget --no-check-certificate -qO- ${url}`)).toBe("secret\n");
    machine.fs.writeFileSync("/etc/ssl/certs/ca-certificates.crt", options.cert);
    machine.fs.appendFileSync("/etc/hosts", "10.0.2.2 good.example bad.example\n");
    expect(await exec(`wget -qO- https://good.example:${port}/`)).toBe("secret\n");
    expect(await exec(`wget -qO- https://bad.example:${port}/`)).toMatch(
      /^wget: bad.example: TLS: certificate is for another host/,
    );
    expect(await exec(`wget -qO- https://good.example:${clear}/`)).toMatch(
      /^wget: good.example: TLS: /,
    );
    // The helper program: plain text on one side.
    const request = `printf 'GET / HTTP/1.0\\r\\n\\r\\n'`;
    const helper = `nc 10.0.2.2 ${port} -e sh -c 'exec 3<&0; ${request.replaceAll("'", `'"'"'`)} | ssl_client -s 3 -n good.example >/tmp/out'`;
    expect(await exec(`${helper}; tail -n 1 /tmp/out`)).toBe("secret\n");
  } finally {
    machine.close();
  }
});

test("through a proxy: the URL whole, or a tunnel for TLS", async () => {
  const seen: string[] = [];
  const proxy = await listening(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (bytes) => {
        seen.push(bytes.toString().split("\r\n")[0] ?? "");
        if (/^CONNECT/.test(bytes.toString())) {
          const authorized = /Proxy-Authorization: Basic dTpw\r\n/.test(bytes.toString());
          socket.end(authorized ? "HTTP/1.1 503 No\r\n\r\n" : "HTTP/1.1 407 Who\r\n\r\n");
        } else socket.end("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n");
      });
    }),
  );
  expect(
    await run(
      `export http_proxy=http://10.0.2.2:${proxy} https_proxy=http://u:p@10.0.2.2:${proxy} no_proxy=.local;` +
        "wget -qO- http://a.example/x?y; wget -qO- https://a.example/; wget -qO- http://b.local/",
    ),
  ).toBe(
    "ok\nwget: a.example: the proxy 10.0.2.2 refused: HTTP/1.1 503 No\nwget: bad address 'b.local'\nstatus 1\n",
  );
  expect(seen).toEqual(["GET http://a.example/x?y HTTP/1.1", "CONNECT a.example:443 HTTP/1.1"]);
});

test("the HTTP client keeps connections, asks for parts and for changes", async () => {
  let connections = 0;
  const server = createHttp((request, response) => {
    if (request.headers["if-none-match"] === '"1"') response.writeHead(304).end();
    else if (request.url === "/last") response.writeHead(200, { Connection: "close" }).end("bye");
    else response.writeHead(200, { ETag: '"1"' }).end(`${request.url}`);
  });
  server.on("connection", () => connections++);
  const port = await listening(server);
  const machine = Machine.boot({ network: { allow: ["127.0.0.1"] } });
  const said: string[] = [];
  machine.install("/bin/fetch", function* (sys) {
    const pool = new HttpConnections(sys);
    const options = { connections: pool, timeoutMs: 5000 };
    for (const [path, etag] of [["/a"], ["/b"], ["/b", '"1"'], ["/last"], ["/c"]]) {
      const more = etag === undefined ? options : { ...options, etag };
      const answer = yield* httpOpen(sys, `http://10.0.2.2:${port}${path}`, more);
      const body = yield* settle(answer.read(100));
      const end = yield* settle(answer.read(100));
      said.push(
        `${answer.status} ${strOf(body)} ${end.length} ${answer.headers.get("etag") ?? ""}`,
      );
      answer.close();
    }
    pool.close();
    for (const url of [
      "http://10.0.2.2:1/",
      "http://no.example/",
      "ftp://x/",
      "http://192.0.2.1/",
    ]) {
      try {
        yield* httpOpen(sys, url, options);
      } catch (e) {
        if (!(e instanceof HttpError)) throw e;
        said.push(`${e.kind}: ${e.message}`);
      }
    }
    return 0;
  });
  try {
    expect((await machine.exec("fetch", { timeoutMs: 20_000 })).status).toBe(0);
  } finally {
    machine.close();
  }
  expect(said).toEqual([
    '200 /a 0 "1"',
    '200 /b 0 "1"',
    "304  0 ",
    "200 bye 0 ",
    '200 /c 0 "1"',
    "connect: 10.0.2.2: cannot connect to port 1: Connection refused",
    "resolve: no.example: cannot resolve the name: Name does not resolve",
    "url: bad URL: ftp://x/",
    "connect: 192.0.2.1: cannot connect to port 80: Permission denied",
  ]);
  expect(connections).toBe(2);
});

test("a guest that does not read makes the sender wait", async () => {
  let sent: Socket | undefined;
  const chunk = Buffer.alloc(1 << 20);
  const port = await listening(
    createServer((socket) => {
      sent = socket;
      socket.on("error", () => {});
      const more = (): void => {
        while (socket.writable && socket.bytesWritten < 1e9 && socket.write(chunk));
        socket.once("drain", more);
      };
      more();
    }),
  );
  const machine = Machine.boot({ network: { allow: ["127.0.0.1"] } });
  const before = process.memoryUsage().rss;
  const process_ = machine.spawn(["nc", "10.0.2.2", String(port)]);
  void process_;
  for (let last = -1; sent === undefined || sent.bytesWritten > last; ) {
    last = sent?.bytesWritten ?? -1;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const written = (sent?.bytesWritten ?? 0) - (sent?.writableLength ?? 0);
  machine.close();
  sent?.destroy();
  // Buffers of the host's kernel and of the machine; never the whole.
  expect(written).toBeLessThan(64e6);
  expect(process.memoryUsage().rss - before).toBeLessThan(200e6);
});

test("published ports lead in, by TCP and UDP", async () => {
  const machine = Machine.boot({
    network: { allow: [] },
    ports: [
      { port: 80, address: "127.0.0.1" },
      { port: 53, address: "127.0.0.1", protocol: "udp" },
      { port: 81, address: "127.0.0.1" },
    ],
  });
  closers.push(() => machine.close());
  const [web, dns, nobody] = await machine.ports;
  machine.spawn([
    "nc",
    "-lk",
    "-p",
    "80",
    "-e",
    "sh",
    "-c",
    "printf 'HTTP/1.0 200 OK\\r\\n\\r\\nhi'",
  ]);
  machine.spawn(["nc", "-ul", "-p", "53", "-e", "cat"]);
  await machine.exec("usleep 200000");
  const body = await new Promise((resolve, reject) => {
    get({ port: web?.hostPort, host: "127.0.0.1" }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => (text += part));
      response.on("end", () => resolve(text));
    }).on("error", reject);
  });
  expect(body).toBe("hi");
  const echo = await new Promise<string>((resolve) => {
    const socket = createSocket("udp4");
    socket.on("message", (bytes) => {
      resolve(bytes.toString());
      socket.close();
    });
    socket.send("datagram", dns?.hostPort as number, "127.0.0.1");
  });
  expect(echo).toBe("datagram");
  const refused = await new Promise((resolve) => {
    const socket = connect(nobody?.hostPort as number, "127.0.0.1");
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
    socket.on("end", () => resolve("end"));
  });
  expect(refused).toBe("ECONNRESET");
  const taken = Machine.boot({
    network: { allow: [] },
    ports: [{ port: 80, hostPort: web?.hostPort as number, address: "127.0.0.1" }],
  });
  await expect(taken.ports).rejects.toMatchObject({ code: "ERR_PORT_FAILED" });
  taken.close();
});

test("UDP goes out and only those asked answer", async () => {
  const server = createSocket("udp4");
  closers.push(() => server.close());
  const stranger = createSocket("udp4");
  closers.push(() => stranger.close());
  server.on("message", (bytes, from) => {
    stranger.send("no", from.port, from.address, () => {
      server.send(`<${bytes}>`, from.port, from.address);
    });
  });
  await new Promise<void>((resolve) => server.bind(0, "127.0.0.1", resolve));
  expect(await run(`echo hello | nc -u -w 1 10.0.2.2 ${server.address().port}`)).toBe(
    "<hello\n>status 0\n",
  );
});

test("without a network there is only the loopback", async () => {
  expect(
    await run(
      "ls /sys/class/net; wget -qO- http://192.0.2.1/; ping -c 1 192.0.2.1; ping -qc1 127.0.0.1 | tail -2 | head -1",
      {},
    ),
  ).toBe(
    "lo\nPING 192.0.2.1 (192.0.2.1): 56 data bytes\n1 packets transmitted, 1 packets received, 0% packet loss\n" +
      "wget: can't connect to remote host (192.0.2.1): Network unreachable\nping: sendto: Network unreachable\nstatus 0\n",
  );
});

test("a machine that boots asks for its address", async () => {
  const port = await listening(createHttp((_, response) => response.end("served\n")));
  const options = { network: { allow: ["127.0.0.1"] }, networkConfigured: false } as const;
  expect(
    await run(
      "ip -o addr; wget -qO- http://127.0.0.1/; ifconfig lo up; ifconfig eth0 up; udhcpc -qn 2>&1;" +
        `ip -4 -o addr; ip route; cat /etc/resolv.conf; wget -qO- http://10.0.2.2:${port}/; ping -qc1 10.0.2.2 | grep loss; arp -n`,
      options,
    ),
  ).toBe(
    "udhcpc: started, v1.36.1\nudhcpc: broadcasting discover\n" +
      "udhcpc: broadcasting select for 10.0.2.15, server 10.0.2.2\n" +
      "udhcpc: lease of 10.0.2.15 obtained from 10.0.2.2, lease time 86400\n" +
      "1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n" +
      "2: eth0    inet 10.0.2.15/24 scope global eth0\\       valid_lft forever preferred_lft forever\n" +
      "default via 10.0.2.2 dev eth0  metric 202 \n10.0.2.0/24 dev eth0 scope link  src 10.0.2.15 \n" +
      "nameserver 10.0.2.3\nserved\n1 packets transmitted, 1 packets received, 0% packet loss\n" +
      "? (10.0.2.2) at 52:55:0a:00:02:02 [ether]  on eth0\n" +
      "wget: can't connect to remote host (127.0.0.1): Network unreachable\nstatus 0\n",
  );
});

/** A host whose outside is made up: one name, and who was connected to. */
function fakeHost(connected: string[]): Host {
  const real = nodeHost();
  const later = (act: () => void): void => void setImmediate(act);
  const uplink: Uplink = {
    ipv6: false,
    connect(addr, port, handler: UplinkHandler) {
      connected.push(`${addr.join(".")}:${port}`);
      later(() => handler.connected());
      return {
        write: () => {
          later(() => {
            handler.data(new TextEncoder().encode("HTTP/1.0 200 OK\r\n\r\nfake\n"));
            handler.ended();
          });
          return true;
        },
        end: () => later(() => handler.closed(undefined)),
        destroy: () => {},
        pause: () => {},
        resume: () => {},
        startTls: () => {},
      };
    },
    listen: () => ({ close: () => {} }),
    datagrams: () => ({ send: () => {}, close: () => {} }),
    bindDatagrams: () => ({ send: () => {}, close: () => {} }),
    lookup(name, type, done) {
      const known: Readonly<Record<string, number[]>> = {
        "good.example": [192, 0, 2, 7],
        "bad.example": [192, 0, 2, 8],
        "meta.example": [169, 254, 169, 254],
      };
      const found = known[name];
      later(() => {
        if (found === undefined) done(NXDOMAIN, []);
        else if (type !== TYPE_A) done(0, []);
        else
          done(0, [
            { name, type, ttl: 60, data: { kind: "address", addr: Uint8Array.from(found) } },
          ]);
      });
    },
  };
  return Object.assign(Object.create(real) as Host, {
    uplink,
    now: () => real.now(),
    monotonic: () => real.monotonic(),
    random: (n: number) => real.random(n),
    soon: (f: () => void) => real.soon(f),
    after: (ms: number, f: () => void) => real.after(ms, f),
    report: (m: string) => real.report(m),
  });
}

test("rules by name: what the resolver told for it is reached, nothing else", async () => {
  const connected: string[] = [];
  const options = {
    host: fakeHost(connected),
    network: { allow: ["good.example:80", "meta.example"] },
  };
  expect(
    await run(
      "wget -qO- http://good.example/; wget -qO- http://good.example:81/; wget -qO- http://bad.example/;" +
        "wget -qO- http://meta.example/; wget -qO- http://192.0.2.7/; wget -qO- http://192.0.2.9/;" +
        "nslookup good.example | grep -v '^$'; nslookup none.good.example; dmesg | sed 's/.*] //'",
      options,
    ),
  ).toBe(
    "fake\nfake\n" +
      "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3:53\nNon-authoritative answer:\nName:\tgood.example\nAddress: 192.0.2.7\n" +
      "Server:\t\t10.0.2.3\nAddress:\t10.0.2.3:53\n\n" +
      "** server can't find none.good.example: NXDOMAIN\n\n** server can't find none.good.example: NXDOMAIN\n\n" +
      "eth0: connecting to 192.0.2.7 port 81 is forbidden by the network policy\n" +
      "eth0: resolving bad.example is forbidden by the network policy\n" +
      "eth0: connecting to 169.254.169.254 port 80 is forbidden by the network policy\n" +
      "eth0: connecting to 192.0.2.9 port 80 is forbidden by the network policy\n" +
      "eth0: resolving none.good.example is forbidden by the network policy\n" +
      "wget: can't connect to remote host (192.0.2.7): Permission denied\nwget: bad address 'bad.example'\n" +
      "wget: can't connect to remote host (169.254.169.254): Permission denied\n" +
      "wget: can't connect to remote host (192.0.2.9): Permission denied\nstatus 0\n",
  );
  expect(connected).toEqual(["192.0.2.7:80", "192.0.2.7:80"]);
});

import { expect, test } from "vitest";
import {
  encodeQuery,
  encodeResponse,
  isDomainName,
  parseMessage,
  reverseAddress,
  reverseName,
  TYPE_A,
  TYPE_MX,
  TYPE_SRV,
  TYPE_TXT,
} from "./dns.ts";
import { FormatError } from "./format-error.ts";

const ADDR = Uint8Array.of(192, 0, 2, 1);

test("a question and its answer", () => {
  const query = parseMessage(encodeQuery(7, { name: "a.example.", type: TYPE_A }));
  expect(query).toMatchObject({
    id: 7,
    response: false,
    questions: [{ name: "a.example", type: TYPE_A }],
  });
  const name = "a.example";
  const answers = [
    { name, type: TYPE_A, ttl: 60, data: { kind: "address", addr: ADDR } },
    { name, type: TYPE_MX, ttl: 60, data: { kind: "mx", preference: 10, name: "m.example" } },
    { name, type: TYPE_TXT, ttl: 60, data: { kind: "txt", texts: ["x", "y z"] } },
    {
      name: "b.example",
      type: TYPE_SRV,
      ttl: 60,
      data: { kind: "srv", priority: 1, weight: 2, port: 53, name: "s.example" },
    },
  ] as const;
  const message = parseMessage(encodeResponse(7, { name, type: TYPE_A }, 0, answers));
  expect(message.answers).toEqual(answers);
  expect(message).toMatchObject({ id: 7, response: true, rcode: 0, truncated: false });
});

test("what does not fit is cut at a record and said so", () => {
  const name = "a.example";
  const one = { name, type: TYPE_A, ttl: 1, data: { kind: "address", addr: ADDR } } as const;
  const bytes = encodeResponse(1, { name, type: TYPE_A }, 0, new Array(100).fill(one), 512);
  expect(bytes.length).toBeLessThanOrEqual(512);
  const message = parseMessage(bytes);
  expect([message.truncated, message.answers.length]).toEqual([true, 30]);
});

test.each([
  ["1.2.3.4", "4.3.2.1.in-addr.arpa"],
  ["::1", `1.${"0.".repeat(31)}ip6.arpa`],
])("%s backwards", (_, name) => {
  const addr = reverseAddress(name);
  expect(reverseName(addr as Uint8Array)).toBe(name);
});

test("names", () => {
  const names = ["a", "a.b.", "", "a..b", "x".repeat(64), `${"a.".repeat(127)}a`, "ä.example"];
  expect(names.map(isDomainName)).toEqual([true, true, false, false, false, false, true]);
});

test("messages that point in circles or end early are refused", () => {
  const loop = Uint8Array.of(0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0xc0, 12, 0, 1, 0, 1);
  expect(() => parseMessage(loop)).toThrow(FormatError);
  const whole = encodeResponse(1, { name: "a.example", type: TYPE_A }, 0, [
    { name: "a.example", type: TYPE_A, ttl: 1, data: { kind: "address", addr: ADDR } },
  ]);
  for (let n = 0; n < whole.length; n++)
    expect(() => parseMessage(whole.subarray(0, n))).toThrow(FormatError);
  // Every byte changed to anything: a message or the one error.
  for (let at = 0; at < whole.length; at++) {
    for (const value of [0, 1, 0x3f, 0x7f, 0xc0, 0xff]) {
      const bad = whole.slice();
      bad[at] = value;
      try {
        parseMessage(bad);
      } catch (e) {
        expect(e).toBeInstanceOf(FormatError);
      }
    }
  }
});

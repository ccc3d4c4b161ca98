import { expect, test } from "vitest";
import { isProtected, type NetworkPolicy, Policy, policyError } from "./policy.ts";

const addr = (text: string): Uint8Array => Uint8Array.from(text.split(".").map(Number));
const NAME = addr("192.0.2.7");

/** Is a place reached, when 192.0.2.7 and the protected ones were told for good.example? */
function reaches(policy: Exclude<NetworkPolicy, "none">, where: string): boolean {
  const [host = "", port] = where.split(":");
  const it = new Policy(policy, () => 0);
  for (const each of ["192.0.2.7", "127.0.0.1", "169.254.169.254", "100.100.100.200"])
    it.remember(addr(each), "Good.Example");
  return it.allows(addr(host), Number(port));
}

test.each<[Exclude<NetworkPolicy, "none">, string, boolean]>([
  ["host", "198.51.100.1:80", true],
  ["host", "10.1.2.3:22", true],
  ["host", "127.0.0.1:80", false],
  ["host", "0.0.0.0:80", false],
  ["host", "169.254.169.254:80", false],
  ["host", "100.100.100.200:80", false],
  ["host", "224.0.0.1:80", false],
  ["host", "255.255.255.255:80", false],
  [{ allow: [] }, "192.0.2.7:80", false],
  [{ allow: ["good.example"] }, "192.0.2.7:80", true],
  [{ allow: ["GOOD.example."] }, "192.0.2.7:80", true],
  [{ allow: ["good.example:443"] }, "192.0.2.7:80", false],
  [{ allow: ["good.example:443"] }, "192.0.2.7:443", true],
  [{ allow: ["*.example"] }, "192.0.2.7:443", true],
  [{ allow: ["*.good.example"] }, "192.0.2.7:443", false],
  [{ allow: ["evil-good.example"] }, "192.0.2.7:443", false],
  [{ allow: ["good.example"] }, "192.0.2.8:443", false],
  // A name never opens what is protected, whatever its address is said to be.
  [{ allow: ["good.example"] }, "127.0.0.1:80", false],
  [{ allow: ["good.example"] }, "169.254.169.254:80", false],
  [{ allow: ["*"] }, "169.254.169.254:80", false],
  [{ allow: ["*"] }, "198.51.100.1:80", true],
  [{ allow: ["*:443"] }, "198.51.100.1:80", false],
  [{ allow: ["10.0.0.0/8:80"] }, "10.200.0.1:80", true],
  [{ allow: ["10.0.0.0/8:80"] }, "10.200.0.1:81", false],
  [{ allow: ["10.0.0.0/8:80"] }, "11.0.0.1:80", false],
  [{ allow: ["0.0.0.0/0"] }, "127.0.0.1:80", false],
  [{ allow: ["169.254.169.254:80"] }, "169.254.169.254:80", true],
  [{ allow: ["127.0.0.1:80"] }, "127.0.0.1:80", true],
  [{ allow: ["localhost:80"] }, "127.0.0.1:80", true],
  [{ allow: ["localhost:80"] }, "127.0.0.1:81", false],
])("%j reaches %s: %s", (policy, where, allowed) => {
  expect(reaches(policy, where)).toBe(allowed);
});

test("an address in the clothes of IPv6 is what it is", () => {
  const mapped = Uint8Array.of(...new Uint8Array(10), 255, 255, 127, 0, 0, 1);
  expect(isProtected(mapped)).toBe(true);
  expect(new Policy("host", () => 0).allows(mapped, 80)).toBe(false);
  const six = Uint8Array.of(0x20, 1, 0x0d, 0xb8, ...new Uint8Array(11), 5);
  expect(new Policy({ allow: ["[2001:db8::/32]:80"] }, () => 0).allows(six, 80)).toBe(true);
  expect(new Policy({ allow: ["[2001:db8::6]"] }, () => 0).allows(six, 80)).toBe(false);
});

test("only names that are allowed are looked up; what was told is forgotten", () => {
  let now = 0;
  const policy = new Policy({ allow: ["good.example", "*.sub.example"] }, () => now);
  expect(policy.mayResolve("good.example")).toBe(true);
  expect(policy.mayResolve("a.b.sub.example")).toBe(true);
  expect(policy.mayResolve("secret.good.example")).toBe(false);
  expect(policy.mayReverse(NAME)).toBe(false);
  policy.remember(NAME, "good.example");
  expect(policy.mayReverse(NAME)).toBe(true);
  expect(policy.allows(NAME, 80)).toBe(true);
  now = 3600_001;
  expect(policy.allows(NAME, 80)).toBe(false);
});

test.each([
  ["a b", true],
  ["http://x", true],
  ["x:0", true],
  ["x:70000", true],
  ["10.0.0.0/33", true],
  ["[::1", true],
  ["-x", true],
  ["*x", true],
  ["x.*.y", true],
  ["", true],
  ["x.example:443", false],
  ["[::1]:80", false],
  ["10.0.0.0/8", false],
  ["*", false],
  ["a_b.example:*", false],
])("rule %j is wrong: %s", (rule, wrong) => {
  expect(policyError({ allow: [rule] }) !== undefined).toBe(wrong);
});

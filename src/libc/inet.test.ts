import { expect, test } from "vitest";
import { formatAddress, parseIPv4, parseIPv6 } from "./inet.ts";

const show = (b: Uint8Array | undefined): string | undefined =>
  b === undefined ? undefined : formatAddress(b);

test.each([
  ["127.0.0.1", "127.0.0.1"],
  ["127.1", "127.0.0.1"],
  ["0x7f000001", "127.0.0.1"],
  ["010.1.2.3", "8.1.2.3"],
  ["1.2.3.4.5", undefined],
  ["256.1.1.1", undefined],
  ["1.2.3.x", undefined],
  ["", undefined],
])("IPv4 %s", (text, wanted) => expect(show(parseIPv4(text))).toBe(wanted));

test.each([
  ["::", "::"],
  ["::1", "::1"],
  ["fe80:0:0:0:1:0:0:2", "fe80::1:0:0:2"],
  ["2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329"],
  ["::ffff:1.2.3.4", "::ffff:1.2.3.4"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"],
  ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
  ["1::2::3", undefined],
  ["12345::", undefined],
  ["1:2:3", undefined],
])("IPv6 %s", (text, wanted) => expect(show(parseIPv6(text))).toBe(wanted));

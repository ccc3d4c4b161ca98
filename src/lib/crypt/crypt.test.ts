import { expect, test } from "vitest";
import { bytesOf } from "../bytes.ts";
import { crypt } from "./crypt.ts";

const ROWS: readonly [key: string, setting: string, hash: string][] = [
  ["secret", "$1$abcdefgh$", "$1$abcdefgh$cHJi5PXp/ki/ktXzqlk6I1"],
  ["secret", "$1$abcd", "$1$abcd$Oy8OD9LGKv7H9yIMreLNV1"],
  ["secret", "$1$a", "$1$a$41c8gzdxX5iFFuqkeAdoe0"],
  ["", "$1$", "$1$$qRPK7m23GJusamGpoGLby/"],
  ["secret", "$5$abcdefgh", "$5$abcdefgh$gruCpC7VkOTspMQTTSAR8mtlO9Upms.fwqE5y16JVM."],
  [
    "secret",
    "$6$abcdefghijklmnop",
    "$6$abcdefghijklmnop$J/AWykHqo2Tx5UtavGnFc3ytI33la50JpzLTarSWVhkIXK6wOjNwwZjsrIw2UgmrER2EKrSHCeQyAINEEXAk1/",
  ],
  [
    "x",
    "$6$rounds=1000$abc",
    "$6$rounds=1000$abc$zaWpAwySRl8PX4W2aEMJwxpN82bCKtDZP0RBdOD6W7BQlilBqAsWnAZuS10iUyJZneS8Ob1gxs1BZkqJi1nTi.",
  ],
  [
    "",
    "$6$zz",
    "$6$zz$W1l2kcyVZyUpO2IrHasZE3jt1QRO8n.Ko013qyFC/YLE/qPebUvlW7eW/MZ1AdvsWlTrJamrgH4faukSYenZX1",
  ],
  ["secret", "ab", "abNANd1rDfiNc"],
  ["secret", "a", "*"],
  ["x", "$6$a:b", "*"],
  ["x", "*", "x"],
];

test.each(ROWS)("crypt(%s, %s)", (key, setting, hash) => {
  const steps = crypt(bytesOf(key), setting);
  let step = steps.next();
  while (step.done !== true) step = steps.next();
  expect(step.value).toBe(hash);
});

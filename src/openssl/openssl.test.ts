// openssl's commands, with what OpenSSL 3 answers.
import { expect, test } from "vitest";
import { bytesOf } from "../lib/bytes.ts";
import { encDecrypt, encEncrypt } from "../lib/evp-bytes.ts";
import { CIPHERS, cipherNamed } from "./enc.ts";

function result<T>(work: Generator<undefined, T>): T {
  for (;;) {
    const step = work.next();
    if (step.done === true) return step.value;
  }
}

test("names of ciphers", () => {
  expect(["aes-256-cbc", "AES256", "des3", "aes-256-gcm", "list"].map(cipherNamed)).toEqual([
    "aes-256-cbc",
    "aes-256-cbc",
    "des-ede3-cbc",
    undefined,
    undefined,
  ]);
});

test("every cipher gives back what it took", () => {
  const text = bytesOf("etc/hostname");
  const salt = bytesOf("12345678");
  for (const cipher of CIPHERS) {
    const options = { cipher, password: bytesOf("secret") };
    const file = result(encEncrypt(text, options, salt));
    expect(result(encDecrypt(file, options))).toEqual(text);
  }
});

// Keys in files: which kind they are of, in PEM or DER.
import { DerReader, INTEGER, NULL, OCTET_STRING, SEQUENCE } from "./asn1.ts";
import { curveOf, EC_OID, EcPrivateKey, EcPublicKey } from "./ecdsa.ts";
import { FormatError } from "./format-error.ts";
import { formatPem, isPem, parsePem } from "./pem.ts";
import { RSA_OID, RsaPrivateKey, RsaPublicKey } from "./rsa.ts";
import type { PrivateKey, PublicKey } from "./signature.ts";

/**
 * Reads a public key, which PEM calls PUBLIC KEY or RSA PUBLIC KEY. As DER only the first, SubjectPublicKeyInfo.
 * FormatError for anything else, and for kinds and sizes that are not supported.
 */
export function parsePublicKey(bytes: Uint8Array): PublicKey {
  if (!isPem(bytes)) return parseSpki(bytes);
  const { label, der } = parsePem(bytes, ["PUBLIC KEY", "RSA PUBLIC KEY"]);
  return label === "PUBLIC KEY" ? parseSpki(der) : RsaPublicKey.parse(der);
}

/**
 * Reads a private key, which PEM calls PRIVATE KEY (PKCS #8), RSA PRIVATE KEY (PKCS #1) or EC PRIVATE KEY (SEC 1); or
 * one of these as DER. Encrypted ones are not supported.
 */
export function parsePrivateKey(bytes: Uint8Array): PrivateKey {
  if (!isPem(bytes)) return parseDer(bytes);
  const { label, der } = parsePem(bytes, ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"]);
  if (label === "RSA PRIVATE KEY") return RsaPrivateKey.parse(der);
  return label === "EC PRIVATE KEY" ? EcPrivateKey.parse(der) : parsePkcs8(der);
}

/** As `openssl pkey -pubout` writes it. */
export function formatPublicKeyPem(key: PublicKey): Uint8Array {
  return formatPem({ label: "PUBLIC KEY", der: key.der });
}

/** As `openssl genpkey` writes it. */
export function formatPrivateKeyPem(key: PrivateKey): Uint8Array {
  return formatPem({ label: "PRIVATE KEY", der: key.der });
}

function parseSpki(bytes: Uint8Array): PublicKey {
  const outside = new DerReader(bytes);
  const info = outside.inside();
  outside.end();
  const curve = readAlgorithm(info.inside());
  const raw = info.bits();
  info.end();
  return curve === undefined ? RsaPublicKey.parse(raw) : EcPublicKey.parse(curveOf(curve), raw);
}

/** What follows the version tells the three apart. */
function parseDer(bytes: Uint8Array): PrivateKey {
  const inside = new DerReader(bytes).inside();
  inside.take(INTEGER);
  if (inside.tag === SEQUENCE) return parsePkcs8(bytes);
  return inside.tag === OCTET_STRING ? EcPrivateKey.parse(bytes) : RsaPrivateKey.parse(bytes);
}

function parsePkcs8(bytes: Uint8Array): PrivateKey {
  const outside = new DerReader(bytes);
  const info = outside.inside();
  outside.end();
  if (info.integer() > 1n) throw new FormatError("unsupported", "unsupported key version");
  const curve = readAlgorithm(info.inside());
  // Attributes may follow.
  const raw = info.take(OCTET_STRING);
  return curve === undefined ? RsaPrivateKey.parse(raw) : EcPrivateKey.parse(raw, curveOf(curve));
}

/** The curve's object identifier, or undefined for RSA. */
function readAlgorithm(algorithm: DerReader): string | undefined {
  const oid = algorithm.oid();
  if (oid === RSA_OID) {
    if (algorithm.tag === NULL) algorithm.take(NULL);
    algorithm.end();
    return undefined;
  }
  if (oid !== EC_OID) throw new FormatError("unsupported", "unsupported kind of key");
  // Curves given by their numbers instead of a name are not taken.
  const curve = algorithm.oid();
  algorithm.end();
  return curve;
}

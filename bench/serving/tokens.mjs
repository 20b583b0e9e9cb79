// Keys and tokens: the chat server's own ring, and those of the issuer whose tokens the load generator uses.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";

/** An Ed25519 key with the name that RFC 7638 gives it. */
export function newKey() {
  const { privateKey } = generateKeyPairSync("ed25519");
  const { crv, d, kty, x } = privateKey.export({ format: "jwk" });
  const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x })).digest("base64url");
  return { privateKey, kid, ring: { current: { kty, crv, x, d }, retired: [] }, published: { kty, crv, x, kid, alg: "EdDSA", use: "sig" } };
}

/** A token for somebody, good for a day less the clock's play. */
export function mint(key, issuer, audience, subject) {
  const issued = Math.floor(Date.now() / 1000);
  const claims = { iss: issuer, aud: audience, sub: subject, iat: issued, exp: issued + 86_000, jti: randomUUID() };
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part({ alg: "EdDSA", typ: "at+jwt", kid: key.kid })}.${part(claims)}`;
  return `${signed}.${sign(null, Buffer.from(signed), key.privateKey).toString("base64url")}`;
}

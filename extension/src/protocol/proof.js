// @ts-check
// Keys and the proofs made with them, octet for octet as Chromium 156 writes them (DBSC §8.10; RFC 7515, RFC 7638).

/** @typedef {{crv: string, kty: string, x: string, y: string}} PublicJwk */

const ES256 = { name: "ECDSA", hash: "SHA-256" };
const THUMBPRINT_MEMBERS = { EC: ["crv", "kty", "x", "y"], RSA: ["e", "kty", "n"] };

/**
 * A new ES256 key whose private half no script can read, not even the extension's own.
 *
 * @returns {Promise<CryptoKeyPair>}
 */
export function makeKey() {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
}

/**
 * @param {CryptoKeyPair} pair
 * @returns {Promise<PublicJwk>} with the members that Chromium sends, in their order
 */
export async function publicJwk(pair) {
  const { crv = "", kty = "", x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  return { crv, kty, x, y };
}

/**
 * The RFC 7638 thumbprint of a public key, SHA-256, in base64url.
 *
 * @param {JsonWebKey | PublicJwk} jwk of type EC or RSA; other members are left out
 * @returns {Promise<string>}
 */
export async function thumbprint(jwk) {
  const members = THUMBPRINT_MEMBERS[jwk.kty === "RSA" ? "RSA" : "EC"];
  const text = JSON.stringify(jwk, members);
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}

/**
 * A proof over a challenge: a compact JWS. The key goes with it, and the authorization that the offer gave, only when
 * registering.
 *
 * @param {{pair: CryptoKeyPair, challenge: string | null, authorization?: string | null, register: boolean}} what a
 *   challenge of null leaves `jti` out
 * @returns {Promise<string>}
 */
export async function signProof({ pair, challenge, authorization = null, register }) {
  const jwk = register ? { jwk: await publicJwk(pair) } : {};
  const claims = {
    ...(register && authorization !== null ? { authorization } : {}),
    ...(challenge !== null ? { jti: challenge } : {}),
  };
  const input = `${encode({ alg: "ES256", ...jwk, typ: "dbsc+jwt" })}.${encode(claims)}`;
  // WebCrypto's signature is r and s side by side, which is the form of JOSE (RFC 7518 §3.4).
  const signature = await crypto.subtle.sign(ES256, pair.privateKey, new TextEncoder().encode(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

/**
 * @param {object} value whose members stand in the order of their names
 * @returns {string}
 */
function encode(value) {
  // Chromium's writer of JSON escapes these three beyond what JSON asks for.
  const text = JSON.stringify(value).replace(/[<\u2028\u2029]/g, (found) => {
    return `\\u${found.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
  });
  return base64url(new TextEncoder().encode(text));
}

/**
 * @param {Uint8Array} octets
 * @returns {string}
 */
function base64url(octets) {
  const text = btoa(String.fromCharCode(...octets));
  return text.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

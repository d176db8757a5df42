// A verifier of DBSC proofs that shares nothing with the server: WebCrypto, the draft, and what Chromium sends.
// It shows that another implementation can use the vectors; it is as strict as they are.

const TYPE = 'dbsc+jwt';
const MAX_CHARACTERS = 8192;
const MAX_CLAIM_CHARACTERS = 1024;
const MAX_DEPTH = 4;
const NAMES = {
  ES256: {name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256', kty: 'EC', length: 64},
  RS256: {name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256', kty: 'RSA'},
};
const REQUIRED = {EC: ['crv', 'kty', 'x', 'y'], RSA: ['e', 'kty', 'n']};
const BEFORE_142 = ['iat', 'jwk', 'key', 'sub'];
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** What a registration proof says. Throws where it proves nothing. */
export async function verifyRegistration({proof, algorithms, audience}) {
  const parts = parse(proof, algorithms);
  const jwk = parts.header.jwk;
  require(isObject(jwk), 'no key');
  const key = await importKey(jwk, parts.header.alg);
  await verify(parts, key);
  checkAudience(parts.claims, audience);
  const {jti, authorization = null} = parts.claims;
  require(authorization === null || isClaim(authorization), 'authorization');
  return {challenge: challengeOf(jti), authorization, algorithm: parts.header.alg, thumbprint: await thumbprint(jwk)};
}

/** What a refresh proof says. Throws where it proves nothing. */
export async function verifyRefresh({proof, key, audience}) {
  const parts = parse(proof, [key.algorithm]);
  require(!('jwk' in parts.header), 'a key of its own');
  await verify(parts, await importKey(key.jwk, key.algorithm));
  checkAudience(parts.claims, audience);
  return {challenge: challengeOf(parts.claims.jti)};
}

function parse(proof, algorithms) {
  require(proof.length <= MAX_CHARACTERS, 'too long');
  const match = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/.exec(proof);
  // In JavaScript `$` without the m flag is the very end: a line break behind it does not match.
  require(match, 'no compact JWS');
  const [header, claims] = [match[1], match[2]].map(part => strictObject(octets(part)));
  require(header.typ === TYPE, 'typ');
  require(!('crit' in header), 'crit');
  require(!('kid' in header) || isText(header.kid), 'kid');
  require(!BEFORE_142.some(name => name in claims), 'a shape of Chrome before 142');
  require(algorithms.includes(header.alg) && Object.hasOwn(NAMES, header.alg), 'alg');
  return {header, claims, input: `${match[1]}.${match[2]}`, signature: octets(match[3])};
}

async function importKey(jwk, algorithm) {
  const {kty, ...parameters} = NAMES[algorithm];
  require(jwk.kty === kty && !PRIVATE.some(name => name in jwk), 'key');
  const members = Object.fromEntries(REQUIRED[kty].map(name => [name, jwk[name]]));
  require(Object.values(members).every(isText), 'key');
  require(kty !== 'RSA' || octets(members.n).length >= 256, 'modulus');
  return crypto.subtle.importKey('jwk', members, parameters, false, ['verify']);
}

async function verify({header, input, signature}, key) {
  const {name, hash, length} = NAMES[header.alg];
  require(length === undefined || signature.length === length, 'length of the signature');
  const good = await crypto.subtle.verify({name, hash}, key, signature, new TextEncoder().encode(input));
  require(good, 'signature');
}

function checkAudience(claims, audience) {
  require(!('aud' in claims) || claims.aud === audience, 'aud');
}

function challengeOf(jti) {
  require(isClaim(jti) && jti.length > 0, 'jti');
  return jti;
}

async function thumbprint(jwk) {
  // RFC 7638 §3.2: the required members, sorted, without whitespace.
  const text = JSON.stringify(Object.fromEntries(REQUIRED[jwk.kty].map(name => [name, jwk[name]])));
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text));
  return Buffer.from(digest).toString('base64url');
}

function octets(part) {
  require(part.length % 4 !== 1, 'base64url');
  return new Uint8Array(Buffer.from(part, 'base64url'));
}

// JSON.parse keeps the last of two equal members and takes half surrogate pairs and 1e999: a proof has none of them.
function strictObject(data) {
  const text = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(data);
  const value = JSON.parse(text);
  require(isObject(value), 'no object');
  const written = [...text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?/g)].filter(([, colon]) => colon).length;
  require(written === countMembers(value, MAX_DEPTH), 'a member twice');
  return value;
}

function countMembers(value, depth) {
  require(typeof value !== 'number' || Number.isFinite(value), 'number');
  require(typeof value !== 'string' || value.isWellFormed(), 'surrogates');
  if (value === null || typeof value !== 'object') return 0;
  require(depth > 0, 'depth');
  const names = Array.isArray(value) ? [] : Object.keys(value);
  return names.length + Object.values(value).reduce((sum, child) => sum + countMembers(child, depth - 1), 0);
}

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = value => typeof value === 'string';
const isClaim = value => isText(value) && value.length <= MAX_CLAIM_CHARACTERS;

function require(condition, what) {
  if (!condition) throw new Error(what);
}

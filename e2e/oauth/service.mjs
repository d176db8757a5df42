// A service that acts for itself (RFC 6749 §4.4): node service.mjs ISSUER CLIENT_ID KEY_FILE (a private JWK)
import { readFile } from "node:fs/promises";

import * as client from "openid-client";

import { tell, watched } from "./loopback.mjs";

const [issuer, clientId, keyFile] = process.argv.slice(2);
const jwk = JSON.parse(await readFile(keyFile, "utf8"));
const key = await crypto.subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]);
const { seen, call } = watched();
const config = await client.discovery(new URL(issuer), clientId, undefined, client.PrivateKeyJwt(key), {
  algorithm: "oauth2",
  [client.customFetch]: call,
});
config[client.customFetch] = call;
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const tokens = await client.clientCredentialsGrant(config, { scope: "models chat" }, { DPoP });
const ask = (model) => {
  const body = JSON.stringify({ model, messages: [{ role: "user", content: "hello" }] });
  const headers = new Headers({ "content-type": "application/json" });
  const url = new URL("/v1/chat/completions", issuer);
  return client.fetchProtectedResource(config, tokens.access_token, url, "POST", body, headers, { DPoP });
};
const standard = await ask("gpt-5.2-mini");
const premium = await ask("gpt-5.2").catch((error) => error.cause?.[0]?.parameters?.error ?? error.message);
const known = await client.tokenIntrospection(config, tokens.access_token);
tell({
  report: {
    refresh_token: "refresh_token" in tokens,
    standard: standard.status,
    premium: typeof premium === "string" ? premium : premium.status,
    active: known.active,
    sub: known.sub,
    seen,
  },
});

// Signs in, then makes one call or one renewal for each line that it reads: node patient.mjs ISSUER CLIENT_ID
import { createInterface } from "node:readline";

import * as client from "openid-client";

import { listen, tell } from "./loopback.mjs";

const [issuer, clientId] = process.argv.slice(2);
const config = await client.discovery(new URL(issuer), clientId, undefined, client.None());
const DPoP = client.getDPoPHandle(config, await client.randomDPoPKeyPair("ES256"));
const { uri, answered } = await listen();
const verifier = client.randomPKCECodeVerifier();
const asked = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: uri,
    scope: "models offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
  },
  { DPoP },
);
tell({ open: asked.href, key: await DPoP.calculateThumbprint() });
let tokens;
try {
  tokens = await client.authorizationCodeGrant(config, await answered, { pkceCodeVerifier: verifier }, undefined, { DPoP });
  tell({ signed_in: true });
} catch (error) {
  tell({ signed_in: false, error: error.error ?? error.message });
  process.exit(0);
}
for await (const line of createInterface({ input: process.stdin })) {
  const act = line === "renew" ? renew : call;
  tell({ [line]: await act().catch((error) => error.error ?? error.cause?.[0]?.parameters?.error ?? error.message) });
}

async function call() {
  const url = new URL("/v1/models", issuer);
  const response = await client.fetchProtectedResource(config, tokens.access_token, url, "GET", undefined, undefined, { DPoP });
  return response.status;
}

async function renew() {
  tokens = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
  return "renewed";
}

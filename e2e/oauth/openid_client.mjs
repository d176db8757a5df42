// openid-client, as its manual uses it: node openid_client.mjs ISSUER CLIENT_ID
import * as client from "openid-client";

import { listen, tell, watched } from "./loopback.mjs";

const [issuer, clientId] = process.argv.slice(2);
const { seen, call } = watched();
const config = await client.discovery(new URL(issuer), clientId, undefined, client.None(), { [client.customFetch]: call });
config[client.customFetch] = call;
const keys = await client.randomDPoPKeyPair("ES256");
const DPoP = client.getDPoPHandle(config, keys);

const { uri, answered } = await listen();
const [verifier, state, nonce] = [client.randomPKCECodeVerifier(), client.randomState(), client.randomNonce()];
const asked = await client.buildAuthorizationUrlWithPAR(
  config,
  {
    redirect_uri: uri,
    scope: "openid models chat offline_access",
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  },
  { DPoP },
);
tell({ open: asked.href, key: await DPoP.calculateThumbprint() });

const arrived = await answered;
const tokens = await client.authorizationCodeGrant(
  config,
  arrived,
  { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, idTokenExpected: true },
  undefined,
  { DPoP },
);
const claims = tokens.claims();
const models = await get("/v1/models", tokens.access_token);
const answer = await chat(tokens.access_token);
const user = await client.fetchUserInfo(config, tokens.access_token, claims.sub, { DPoP });
const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, { DPoP });
const again = await get("/v1/models", renewed.access_token);
await client.tokenRevocation(config, renewed.refresh_token);
const revoked = await get("/v1/models", renewed.access_token).catch(refusal);
const dead = await client.refreshTokenGrant(config, renewed.refresh_token, undefined, { DPoP }).catch(refusal);

tell({
  report: {
    answer: [...arrived.searchParams.keys()],
    token_type: tokens.token_type,
    expires_in: tokens.expires_in,
    acr: claims.acr,
    amr: claims.amr,
    name: user.name,
    models: models.data.length,
    answered: answer.choices[0].message.content.length > 0,
    rotated: renewed.refresh_token !== tokens.refresh_token,
    again: again.data.length,
    revoked,
    dead,
    seen,
  },
});

async function get(path, token) {
  const response = await client.fetchProtectedResource(config, token, new URL(path, issuer), "GET", undefined, undefined, {
    DPoP,
  });
  if (!response.ok) throw new Error((await response.json()).error.code);
  return response.json();
}

async function chat(token) {
  const body = JSON.stringify({ model: "gpt-5.2-mini", messages: [{ role: "user", content: "hello" }] });
  const headers = new Headers({ "content-type": "application/json" });
  const url = new URL("/v1/chat/completions", issuer);
  const response = await client.fetchProtectedResource(config, token, url, "POST", body, headers, { DPoP });
  return response.json();
}

function refusal(error) {
  return error.error ?? error.cause?.[0]?.parameters?.error ?? error.message;
}

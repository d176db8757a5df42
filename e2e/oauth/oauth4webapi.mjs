// oauth4webapi, step by step: node oauth4webapi.mjs ISSUER CLIENT_ID
import * as oauth from "oauth4webapi";

import { listen, tell, watched } from "./loopback.mjs";

const [issuerText, clientId] = process.argv.slice(2);
const issuer = new URL(issuerText);
const { seen, call } = watched();
const how = { [oauth.customFetch]: call };

const resourceUrl = new URL("/v1", issuer);
const resource = await oauth.processResourceDiscoveryResponse(resourceUrl, await oauth.resourceDiscoveryRequest(resourceUrl, how));
const server = await oauth.processDiscoveryResponse(
  new URL(resource.authorization_servers[0]),
  await oauth.discoveryRequest(issuer, { ...how, algorithm: "oauth2" }),
);
const client = { client_id: clientId };
const none = oauth.None();
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair("ES256"));
const bound = { ...how, DPoP };

const { uri, answered } = await listen();
const [verifier, state, nonce] = [oauth.generateRandomCodeVerifier(), oauth.generateRandomState(), oauth.generateRandomNonce()];
const parameters = {
  redirect_uri: uri,
  response_type: "code",
  scope: "openid models offline_access",
  code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
  code_challenge_method: "S256",
  state,
  nonce,
};
const pushed = await withNonce(
  () => oauth.pushedAuthorizationRequest(server, client, none, parameters, bound),
  (response) => oauth.processPushedAuthorizationResponse(server, client, response),
);
const asked = new URL(server.authorization_endpoint);
asked.searchParams.set("client_id", clientId);
asked.searchParams.set("request_uri", pushed.request_uri);
tell({ open: asked.href, key: await DPoP.calculateThumbprint() });

const callback = oauth.validateAuthResponse(server, client, await answered, state);
const tokens = await withNonce(
  () => oauth.authorizationCodeGrantRequest(server, client, none, callback, uri, verifier, bound),
  async (response) => {
    const found = await oauth.processAuthorizationCodeResponse(server, client, response, { expectedNonce: nonce, requireIdToken: true });
    await oauth.validateApplicationLevelSignature(server, response, how);
    return found;
  },
);
const models = await withNonce(
  () => oauth.protectedResourceRequest(tokens.access_token, "GET", new URL("/v1/models", issuer), undefined, undefined, bound),
  (response) => response.json(),
);
const { sub } = oauth.getValidatedIdTokenClaims(tokens);
const user = await withNonce(
  () => oauth.userInfoRequest(server, client, tokens.access_token, bound),
  (response) => oauth.processUserInfoResponse(server, client, sub, response),
);
const renewed = await withNonce(
  () => oauth.refreshTokenGrantRequest(server, client, none, tokens.refresh_token, bound),
  (response) => oauth.processRefreshTokenResponse(server, client, response),
);
const narrow = await withNonce(
  () => oauth.protectedResourceRequest(renewed.access_token, "POST", new URL("/v1/chat/completions", issuer), json(), "{}", bound),
  () => "not refused",
).catch(refusal);
await oauth.processRevocationResponse(await oauth.revocationRequest(server, client, none, renewed.refresh_token, how));
const revoked = await withNonce(
  () => oauth.protectedResourceRequest(renewed.access_token, "GET", new URL("/v1/models", issuer), undefined, undefined, bound),
  () => "not refused",
).catch(refusal);

tell({
  report: {
    resource: [resource.resource, resource.dpop_bound_access_tokens_required],
    token_type: tokens.token_type,
    models: models.data.length,
    name: user.name,
    rotated: renewed.refresh_token !== tokens.refresh_token,
    narrow,
    revoked,
    seen,
  },
});

/** RFC 9449 §8: the server asks for its nonce by an error; the library keeps it for the second attempt. */
async function withNonce(request, process) {
  try {
    return await process(await request());
  } catch (error) {
    if (!oauth.isDPoPNonceError(error)) throw error;
    return process(await request());
  }
}

function json() {
  return new Headers({ "content-type": "application/json" });
}

function refusal(error) {
  return error.cause?.[0]?.parameters?.error ?? error.error ?? error.message;
}

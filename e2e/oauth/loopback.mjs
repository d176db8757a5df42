// What every client here shares: a loopback listener (RFC 8252 §7.3), and how it talks to the test that started it.
import { createServer } from "node:http";

/** Tell the test something, one JSON object a line. */
export const tell = (said) => console.log(JSON.stringify(said));

/**
 * Listen on a port of the system's choice.
 *
 * @returns {Promise<{uri: string, answered: Promise<URL>}>} the redirect URI, and the URL that the browser brings
 */
export async function listen() {
  const server = createServer();
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  const uri = `http://127.0.0.1:${server.address().port}/callback`;
  const answered = new Promise((arrived) => {
    server.on("request", (request, response) => {
      const url = new URL(request.url, uri);
      response.end("Signed in. You can close this page.");
      if (url.pathname !== "/callback") return;
      server.close();
      server.closeAllConnections();
      arrived(url);
    });
  });
  return { uri, answered };
}

/** `fetch` that keeps what was asked and answered, without anything that is secret. */
export function watched() {
  const seen = [];
  const call = async (url, init) => {
    const response = await fetch(url, init);
    const challenge = response.headers.get("www-authenticate") ?? "";
    const error = response.status >= 400 ? await errorOf(response.clone()) : null;
    seen.push({ method: init?.method ?? "GET", path: new URL(url).pathname, status: response.status, error, challenge });
    return response;
  };
  return { seen, call };
}

async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  return typeof body.error === "string" ? body.error : (body.error?.code ?? null);
}

// Loaded before every client (`node --import`): what the server issues to it goes to the file that ISSUED names, so that
// the scan for secrets knows it. Keys need no mention: WebCrypto does not give them out.
import { appendFileSync } from "node:fs";

const ask = globalThis.fetch;

globalThis.fetch = async (url, init) => {
  const response = await ask(url, init);
  if (new URL(url).pathname === "/oauth/token" && response.ok) {
    appendFileSync(process.env.ISSUED, `${JSON.stringify(await response.clone().json())}\n`);
  }
  return response;
};

// A browser without a browser: jar, clock, disk and network in memory, and a small DBSC server behind them.
import assert from "node:assert/strict";
import { Client } from "../../../extension/src/client/client.js";
import { Verbs } from "../../../extension/src/client/verbs.js";

export const ORIGIN = "https://ai.example.com";
export const START = 1_790_000_000_000;

export function memory() {
  const held = new Map();
  const keyOf = (value) => value.key ?? (value.id ? `${value.site} ${value.id}` : value.origin);
  return {
    held,
    all: async () => [...held.values()],
    put: async (value) => void held.set(keyOf(value), structuredClone(value)),
    remove: async (value) => void held.delete(keyOf(value)),
  };
}

export function payload(proof) {
  const [header, claims] = proof.split(".").map((part) => part && Buffer.from(part, "base64url").toString());
  return { header: JSON.parse(header), claims: JSON.parse(claims) };
}

export class Browser {
  constructor({ holds = false } = {}) {
    this.time = START;
    this.holds = holds;
    this.jar = new Map();
    this.asked = [];
    this.timers = [];
    this.dues = new Map();
    this.on = true;
    this.native = false;
    this.tab = false;
    this.news = [];
    this.server = new Server(this);
    this.disks = { sessions: memory(), offers: memory(), notes: memory() };
    this.choices = { [ORIGIN]: { enabled: true } };
    this.begin();
  }

  /** The background as it begins; again after it was ended. */
  begin() {
    this.timers = [];
    this.client = new Client(this.disks, this.ports());
    const sites = {
      choices: async () => this.choices,
      choose: async (origin, enabled) => void (this.choices[origin] = { enabled }),
      isChosen: async (origin) => this.choices[origin]?.enabled ?? false,
      isPermitted: async () => this.on,
    };
    this.verbs = new Verbs(this.client, sites);
  }

  ports() {
    return {
      now: () => this.time,
      random: () => 0,
      after: (ms, task) => this.timers.push({ at: this.time + ms, task }),
      patience: this.holds ? 0 : 5_000,
      holds: this.holds,
      post: (url, options) => this.server.post(url, options),
      read: (url) => this.server.read(url),
      cookiesFor: async () => this.cookies(),
      cookiesOf: async () => this.cookies(),
      isOn: async (origin) => this.on && (this.choices[origin]?.enabled ?? false),
      isPermitted: async () => this.on,
      browserRegistered: () => this.native,
      isOpen: async () => this.tab,
      changed: (origin) => this.news.push(origin),
      wake: (dues) => (this.dues = dues),
    };
  }

  cookies() {
    const alive = ({ expirationDate }) => expirationDate === undefined || expirationDate * 1000 > this.time;
    return [...this.jar.values()].filter(alive);
  }

  set(name, { value = "1", life = 300 } = {}) {
    const expirationDate = life === null ? undefined : this.time / 1000 + life;
    this.jar.set(name, {
      name, value, domain: "ai.example.com", hostOnly: true, path: "/", secure: true, httpOnly: true, sameSite: "lax",
      session: life === null, expirationDate,
    });
  }

  async pass(ms) {
    this.time += ms;
    const due = this.timers.filter(({ at }) => at <= this.time);
    this.timers = this.timers.filter(({ at }) => at > this.time);
    for (const { task } of due) task();
    await settle();
  }

  async answer(more, url = `${ORIGIN}/home`) {
    await this.client.answered({ url, offers: [], challenges: [], clearSiteData: [], setCookies: [], ...more });
    await settle();
  }

  offer(text = '(ES256);path="/dbsc/register";challenge="offered"') {
    return this.answer({ offers: [text] });
  }

  /** Signed in, and bound. */
  async bound() {
    await this.client.start();
    this.set("login", { life: 43_200 });
    await this.offer();
    await this.pass(5_000);
    assert.equal(this.records().length, 1);
    return this;
  }

  records() {
    return this.client.records.all();
  }

  state() {
    return this.verbs.status(`${ORIGIN}/home`);
  }

  keys() {
    return [...this.disks.sessions.held.values(), ...this.disks.offers.held.values()].filter(({ pair }) => pair);
  }
}

export class Server {
  constructor(browser) {
    this.browser = browser;
    this.requests = [];
    this.challenge = 0;
    this.mints = 0;
    this.answers = [];
    this.sessionId = "S1";
    this.instructions = {};
    this.gate = null;
  }

  /** What is answered instead, once for each. */
  next(...answers) {
    this.answers.push(...answers);
  }

  async post(url, { headers, sessionId, signal }) {
    const proof = headers["Secure-Session-Response"];
    this.requests.push({ url, sessionId, proof: proof && payload(proof) });
    if (this.gate) await Promise.race([this.gate, aborted(signal)]);
    const answer = this.answers.shift() ?? this.usual(sessionId, proof);
    if (answer instanceof Error) throw answer;
    return { status: 200, url, challenges: [], clearSiteData: [], body: "", ...answer };
  }

  usual(sessionId, proof) {
    if (sessionId === undefined) return this.renewed(true);
    if (proof === undefined) return this.demand();
    return this.renewed(false);
  }

  demand() {
    this.challenge += 1;
    return { status: 403, challenges: [`"c${this.challenge}";id="${this.sessionId}"`] };
  }

  renewed(whole) {
    this.mints += 1;
    this.browser.set("bound", { value: `v${this.mints}` });
    return { body: whole ? this.text() : "" };
  }

  text(more = {}) {
    return JSON.stringify({
      session_identifier: this.sessionId,
      refresh_url: "/dbsc/refresh",
      scope: { origin: ORIGIN, include_site: false },
      credentials: [{ type: "cookie", name: "bound", attributes: "Path=/; Secure; HttpOnly; SameSite=Lax" }],
      ...this.instructions,
      ...more,
    });
  }

  async read() {
    return { status: 200, body: "{}" };
  }

  count(kind) {
    return this.requests.filter(({ url }) => url.endsWith(kind)).length;
  }
}

function aborted(signal) {
  return new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
}

// Signatures are made beside the event loop; whoever waits for quiet waits for them.
let signing = 0;
for (const name of ["generateKey", "exportKey", "sign", "digest"]) {
  const usual = crypto.subtle[name].bind(crypto.subtle);
  crypto.subtle[name] = (...given) => {
    signing += 1;
    return usual(...given).finally(() => (signing -= 1));
  };
}

/** Let everything that can go on go on. */
export async function settle() {
  for (let quiet = 0; quiet < 20; quiet = signing > 0 ? 0 : quiet + 1) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

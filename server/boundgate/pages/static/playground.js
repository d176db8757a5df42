// @ts-check
import { refreshBadge } from "./badge.js";
import { exclusive } from "./busy.js";
import { closingText } from "./chat.js";
import { byId, showNotice } from "./dom.js";
import { refreshModels, wireModels } from "./models.js";
import { Problem, explain } from "./problems.js";
import { followSpend, refreshSpend } from "./spend.js";
import { streamChat } from "./stream.js";

const form = byId("ask", HTMLFormElement);
const model = byId("model", HTMLSelectElement);
const prompt = byId("prompt", HTMLTextAreaElement);
const send = byId("send", HTMLButtonElement);
const stop = byId("stop", HTMLButtonElement);
const answer = byId("answer", HTMLElement);
const run = byId("run", HTMLElement);
const trouble = byId("trouble", HTMLElement);

/** @type {AbortController | null} */
let current = null;
/** What to wait for before a call: the session's state is known and no longer "binding". */
let settled = refreshBadge();

start();

function start() {
  wireModels();
  send.disabled = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void exclusive(send, ask);
  });
  prompt.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
  stop.addEventListener("click", () => current?.abort());
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") settled = refreshBadge();
  });
  void refreshSpend();
  void settled.then(refreshModels);
}

/** @returns {Promise<void>} */
async function ask() {
  if (!prompt.value.trim()) {
    run.textContent = "Write something to send first.";
    prompt.focus();
    return;
  }
  begin();
  try {
    await untilSettled();
    run.textContent = "Waiting for the model…";
    const { usage, finish } = await streamChat({ model: model.value, prompt: prompt.value, signal: signal(), onText });
    run.textContent = closingText(usage, finish);
  } catch (error) {
    fail(error);
  } finally {
    conclude();
  }
}

function begin() {
  current = new AbortController();
  trouble.hidden = true;
  answer.replaceChildren();
  answer.setAttribute("aria-busy", "true");
  run.textContent = "Waiting for this browser's key…";
  stop.hidden = false;
}

function conclude() {
  if (document.activeElement === stop) send.focus();
  current = null;
  answer.setAttribute("aria-busy", "false");
  stop.hidden = true;
  // The call may have renewed the key's proof, or met its end.
  settled = refreshBadge();
  void followSpend();
}

/** @returns {AbortSignal} */
function signal() {
  return (current ?? new AbortController()).signal;
}

/** Wait for the key's registration, or for Stop. */
async function untilSettled() {
  const stopped = new Promise((resolve) => signal().addEventListener("abort", resolve, { once: true }));
  await Promise.race([settled, stopped]);
  signal().throwIfAborted();
}

/**
 * The model's words are appended as one text node: they are never markup.
 *
 * @param {string} text
 */
function onText(text) {
  const { lastChild } = answer;
  if (lastChild instanceof Text) lastChild.appendData(text);
  else {
    answer.append(text);
    run.textContent = "Receiving…";
  }
}

/** @param {unknown} error */
function fail(error) {
  if (error instanceof DOMException && error.name === "AbortError") {
    run.textContent = "Stopped. What the model had written by then may be charged.";
    return;
  }
  run.textContent = "";
  const problem = error instanceof Problem ? error : Problem.from(0, null);
  showNotice(trouble, explain(problem, model.selectedOptions[0]?.dataset["tier"]));
}

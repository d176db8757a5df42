// @ts-check
import { byId } from "./dom.js";
import { getJson } from "./http.js";
import { priceText } from "./money.js";

const select = byId("model", HTMLSelectElement);
const price = byId("price", HTMLElement);

/** Keep the price line in step with the choice. */
export function wireModels() {
  select.addEventListener("change", showPrice);
  showPrice();
}

/** Replace the list that came with the page by the gateway's own, where this session may read it. */
export async function refreshModels() {
  let data;
  try {
    ({ data } = await getJson("/v1/models"));
  } catch {
    return;
  }
  if (!Array.isArray(data) || data.length === 0) return;
  const chosen = select.value;
  select.replaceChildren(...data.map(option));
  if (data.some((model) => model.id === chosen)) select.value = chosen;
  showPrice();
}

/**
 * @param {any} model an entry of /v1/models
 * @returns {HTMLOptionElement}
 */
function option(model) {
  const facts = model.boundgate ?? {};
  const made = document.createElement("option");
  made.value = String(model.id);
  made.textContent = facts.tier === "premium" ? `${model.id} (premium)` : String(model.id);
  made.dataset["price"] = priceText(facts);
  made.dataset["tier"] = String(facts.tier);
  return made;
}

function showPrice() {
  price.textContent = select.selectedOptions[0]?.dataset["price"] ?? "No model is configured.";
}

import assert from "node:assert/strict";
import { test } from "node:test";
import { formatMicroUsd, priceText } from "../../server/boundgate/pages/static/money.js";

const amounts = [
  [0, "$0.00"], [1, "$0.000001"], [125, "$0.000125"], [10_000, "$0.01"], [12_300, "$0.0123"], [500_000, "$0.50"],
  [2_000_000, "$2.00"], [2_000_345, "$2.000345"], [1_234_567_000_000, "$1,234,567.00"], [999_999, "$0.999999"],
];
for (const [micro, text] of amounts) {
  test(`${micro} micro-dollars read ${text}`, () => assert.equal(formatMicroUsd(micro), text));
}

test("what is no amount is not shown as one", () => {
  for (const odd of [-1, 0.5, NaN, Infinity, "2", null, undefined, {}, 2 ** 53]) assert.equal(formatMicroUsd(odd), "unknown");
});

test("amounts survive a round trip", () => {
  for (let micro = 0; micro < 3_000_000; micro += 7919) {
    assert.equal(Math.round(Number(formatMicroUsd(micro).slice(1)) * 1_000_000), micro);
  }
});

test("prices say all that is charged", () => {
  assert.equal(priceText({ price_per_call_micro_usd: 2_000_000 }), "$2.00 a prompt");
  assert.equal(
    priceText({ price_per_call_micro_usd: 0, input_per_million_micro_usd: 250_000, output_per_million_micro_usd: 2_000_000 }),
    "$0.25 and $2.00 per million tokens in and out",
  );
  assert.equal(
    priceText({ price_per_call_micro_usd: 1000, input_per_million_micro_usd: 250_000 }),
    "$0.001 a prompt, then $0.25 and $0.00 per million tokens in and out",
  );
  assert.equal(priceText({}), "no charge");
});

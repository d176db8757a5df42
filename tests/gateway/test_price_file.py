from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundgate.gateway.price_file import PriceFileError, load_prices
from boundgate.gateway.prices import ExtraField, ExtraType

MODEL = """
[models.m]
tier = "standard"
owned_by = "us"
context_tokens = 1000
max_output_tokens = 100
per_call_micro_usd = 1
input_micro_usd_per_million_tokens = 2
output_micro_usd_per_million_tokens = 3
"""


def load(tmp_path: Path, text: str):
    path = tmp_path / "prices.toml"
    path.write_text(text, "utf-8")
    return load_prices(path)


def test_a_table_is_read_with_its_extra_fields(tmp_path):
    table = load(tmp_path, MODEL + '[fields.chat_completions.top_k]\ntype = "integer"\neffect = "none"\n')
    model = table.model("m")
    assert (model.per_call_micro_usd, model.max_output_tokens, model.input_overhead_tokens) == (1, 100, 512)
    assert table.extra_fields == {"chat_completions": (ExtraField("top_k", ExtraType.INTEGER),)}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('tier = "standard"', 'tier = "free"'), "models.m.tier"),
        (("per_call_micro_usd = 1", "per_call_micro_usd = 1.5"), "models.m.per_call_micro_usd"),
        (("per_call_micro_usd = 1", "per_call_micro_usd = -1"), "models.m.per_call_micro_usd"),
        (("per_call_micro_usd = 1", "per_call_micro_usd = true"), "models.m.per_call_micro_usd"),
        (("per_call_micro_usd = 1", ""), "models.m.per_call_micro_usd"),
        (("max_output_tokens = 100", "max_output_tokens = 1001"), "must not exceed context_tokens"),
        (("max_output_tokens = 100", "max_output_tokens = 0"), "models.m.max_output_tokens"),
        (("owned_by", "owner"), "models.m.owner"),
        (("[models.m]", "[models.'a b']"), "models"),
        (("[models.m]", "[models.m"), "not TOML"),
    ],
)
def test_a_table_that_cannot_be_meant_is_refused_by_the_place(tmp_path, change, complaint):
    with pytest.raises(PriceFileError, match=complaint):
        load(tmp_path, MODEL.replace(*change))


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ('[fields.responses.x]\ntype = "any"\neffect = "none"', "fields.responses: no such route"),
        ('[fields.chat_completions.x]\ntype = "date"\neffect = "none"', "fields.chat_completions.x.type"),
        ('[fields.chat_completions.x]\ntype = "any"', "fields.chat_completions.x.effect"),
        ('[fields.chat_completions.x]\ntype = "any"\neffect = "doubles"', "fields.chat_completions.x.effect"),
        ('[fields.chat_completions."a.b"]\ntype = "any"\neffect = "none"', "fields.chat_completions"),
        ("[prices]", "prices"),
    ],
)
def test_an_extra_field_that_cannot_be_meant_is_refused_by_the_place(tmp_path, extra, complaint):
    with pytest.raises(PriceFileError, match=complaint):
        load(tmp_path, MODEL + extra)


def test_a_table_without_models_and_an_absent_file_are_refused(tmp_path):
    with pytest.raises(PriceFileError, match="models"):
        load(tmp_path, "")
    with pytest.raises(PriceFileError, match="cannot be read"):
        load_prices(tmp_path / "absent.toml")


@given(st.text(max_size=200))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_is_a_table_or_a_price_file_error(tmp_path, text):
    with contextlib.suppress(PriceFileError):
        load(tmp_path, text)

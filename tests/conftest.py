"""Settings that every area shares."""

import pytest
from hypothesis import settings

from tests.support.services import postgres_url, valkey, valkey_url
from tests.support.swtpm import maker, other_tpm, tpm

__all__ = ["maker", "other_tpm", "postgres_url", "tpm", "valkey", "valkey_url"]

# Speed is measured in benchmarks/, never by a test that a busy machine can fail.
settings.register_profile("boundgate", deadline=None)
settings.load_profile("boundgate")


def pytest_itemcollected(item: pytest.Item) -> None:
    """The tests of a file stay together, where several processes share the work, for they share fixtures."""
    item.add_marker(pytest.mark.xdist_group(str(item.path)))

"""Counters for operators, in Prometheus' text format. No label ever holds anything a caller chose.

Where several workers serve, each keeps its numbers in files of the directory that PROMETHEUS_MULTIPROC_DIR names (set
by `worker.py` before this is imported), and any of them answers with the sums.
"""

from __future__ import annotations

import os
from collections import Counter as Counts
from typing import Any, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One registry per application, so that tests do not share counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._noted: Counts[tuple[str, str]] = Counts()
        self.calls = Counter(
            "boundgate_calls", "Calls to /v1 by outcome.", ["route", "decision"], registry=self._registry
        )
        self.events = Counter(
            "boundgate_events", "Security-relevant events.", ["kind", "outcome"], registry=self._registry
        )
        self.spend = Counter(
            "boundgate_spend_micro_usd", "Cost of admitted calls, micro-dollars.", registry=self._registry
        )
        self.streams = Gauge(
            "boundgate_streams", "Answers being streamed now.", registry=self._registry, multiprocess_mode="livesum"
        )
        self.dropped = Gauge(
            "boundgate_records_dropped",
            "Records that fell out under load.",
            registry=self._registry,
            multiprocess_mode="sum",
        )

    def note_event(self, kind: str, outcome: str) -> None:
        """Count one security-relevant event. It shows once it is published, which costs more than counting does."""
        self._noted[kind, outcome] += 1

    def publish(self) -> None:
        """Show what has been noted since."""
        noted, self._noted = self._noted, Counts()
        for (kind, outcome), times in noted.items():
            self.events.labels(kind, outcome).inc(times)

    def text(self) -> bytes:
        """What this process has counted, or all workers together."""
        self.publish()
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self._registry)
        together, collector = CollectorRegistry(), cast("Any", MultiProcessCollector)  # untyped in the package
        collector(together)
        return generate_latest(together)

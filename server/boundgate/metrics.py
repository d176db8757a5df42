"""Counters for operators, in Prometheus' text format. No label ever holds anything a caller chose."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """One registry per application, so that tests do not share counts."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.calls = Counter(
            "boundgate_calls", "Calls to /v1 by outcome.", ["route", "decision"], registry=self._registry
        )
        self.events = Counter(
            "boundgate_events", "Security-relevant events.", ["kind", "outcome"], registry=self._registry
        )
        self.spend = Counter(
            "boundgate_spend_micro_usd", "Cost of admitted calls, micro-dollars.", registry=self._registry
        )
        self.streams = Gauge("boundgate_streams", "Answers being streamed now.", registry=self._registry)
        self.dropped = Gauge("boundgate_records_dropped", "Records that fell out under load.", registry=self._registry)

    def text(self) -> bytes:
        return generate_latest(self._registry)

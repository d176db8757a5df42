"""Boundgate: a gateway in front of costly AI endpoints that makes a stolen token worthless."""

__version__ = "0.1.0"

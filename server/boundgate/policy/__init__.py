"""The decision: facts in, one decision out. Pure."""

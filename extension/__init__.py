"""The companion extension. Python only packs it: what a browser runs is in `src/`, as it is written."""

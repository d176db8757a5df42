"""The commands, a module for each group. `demo_client.__main__` joins them."""

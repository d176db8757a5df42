"""Programs for people who develop against Boundgate. Runs from the repository: `python -m demo_client`."""

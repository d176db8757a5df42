"""What the costly steps cost, measured in one process and one run: `make bench`."""

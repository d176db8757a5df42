"""`python -m boundgate`."""

from __future__ import annotations

from boundgate.cli import main

if __name__ == "__main__":
    main()

"""The grants of the token endpoint, one file for each; `service.py` knows which there are."""

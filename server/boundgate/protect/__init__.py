"""DBSC for ASGI applications that already have logins."""

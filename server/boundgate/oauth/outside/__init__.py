"""Sign-in with an outside OpenID provider, as its client (OpenID Connect Core 1.0). It identifies, and nothing more:
who is meant is then proved by the local passkey, and an account of theirs was linked by one before."""

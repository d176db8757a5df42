"""The authorization server's domain: OAuth 2.0 and OpenID Connect whose every token is bound to a key (RFC 9449)."""

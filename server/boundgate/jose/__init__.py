"""JOSE as far as this server reads it, without a framework and without joserfc on the hot path: base64url, compact JWS,
public keys and their thumbprints, ES256. Sans-IO; what is read is read strictly, in one way only."""

"""What `Authorization: DPoP` is worth at the gateway (RFC 9449 §7, RFC 9068 §4), at one signature verification a call.

A token points at its family; who may do what, with which key, stands in the server's record of that family.
"""

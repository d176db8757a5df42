"""What a call with a token and a DPoP proof costs beside one bare verification."""

"""The record of every call and of every security-relevant event. Never a prompt, never token material."""

"""Big-endian fields out of octets, as TPM 2.0 marshals them (TCG TPM 2.0 Library, part 2 §4)."""

from __future__ import annotations

from boundgate.attestation.errors import StructureRefused


class Reader:
    """Takes fields off the front. Nothing is read twice, skipped or left over.

    Args:
        octets: the whole structure.
        what: its name, for the sentence of a refusal.
    """

    def __init__(self, octets: bytes, *, what: str) -> None:
        self._octets, self._what, self._at = octets, what, 0

    def take(self, count: int) -> bytes:
        """The next `count` octets.

        Raises:
            StructureRefused: there are not so many left.
        """
        end = self._at + count
        if end > len(self._octets):
            raise self.refused("it ends too early")
        taken, self._at = self._octets[self._at : end], end
        return taken

    def number(self, size: int) -> int:
        """The next unsigned number of so many octets."""
        return int.from_bytes(self.take(size))

    def sized(self, *, most: int) -> bytes:
        """The content of a TPM2B: a UINT16 and so many octets, at most `most` of them (part 2 §10.4)."""
        size = self.number(2)
        if size > most:
            raise self.refused("a field of it is longer than it can be")
        return self.take(size)

    def end(self) -> None:
        """Refuse whatever is left."""
        if self._at != len(self._octets):
            raise self.refused("octets follow it")

    def refused(self, why: str) -> StructureRefused:
        """The refusal of this structure, for the caller to raise."""
        return StructureRefused(f"The {self._what} cannot be read: {why}.")


def sized(octets: bytes) -> bytes:
    """A TPM2B of these octets."""
    return len(octets).to_bytes(2) + octets

"""SHA-256 of short texts without OpenSSL, which hashlib has with it: 4 MB to name a folder."""

from contextlib import suppress
from importlib import import_module

_PYTHONS_OWN = ("_sha2", "_sha256")  # from 3.12 on, and before; as the standard `random` does it


def sha256_of(data: bytes) -> str:
    """In hex. For much data hashlib is several times as fast."""
    for name in (*_PYTHONS_OWN, "hashlib"):
        with suppress(ImportError):
            return str(import_module(name).sha256(data).hexdigest())
    raise ImportError("this Python has no SHA-256")

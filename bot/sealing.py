"""What is encrypted and signed under a key, in one way everywhere; where keys come from is `bot/vault.py`."""

from __future__ import annotations

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet


def lock_with(key: bytes) -> Fernet:
    """What encrypts under a derived key, and opens nothing that another one encrypted or somebody changed."""
    return Fernet(base64.urlsafe_b64encode(key))


def signature(key: bytes, *parts: str) -> str:
    """A keyed hash over `parts`, for addresses and headers."""
    digest = hmac.new(key, "\0".join(parts).encode("utf-8", "surrogatepass"), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")

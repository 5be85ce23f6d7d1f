"""JSON Web Tokens, signed by RS256 with keys made here: Python brings nothing for that."""

import base64
import hashlib
import hmac
import json
import secrets

# What stands before a SHA-256 in a signature (RFC 8017, 9.2).
SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")
PUBLIC = 65537
BITS = 2048


def text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value: dict) -> str:
    return text(json.dumps(value).encode())


class Key:
    """An RSA key."""

    def __init__(self, name: str):
        self.name = name
        p, q = prime(BITS // 2), prime(BITS // 2)
        self.modulus = p * q
        self.private = pow(PUBLIC, -1, (p - 1) * (q - 1))

    def jwk(self) -> dict:
        modulus = self.modulus.to_bytes(BITS // 8, "big")
        exponent = PUBLIC.to_bytes(3, "big")
        return {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name,
                "n": text(modulus), "e": text(exponent)}

    def token(self, claims: dict) -> str:
        signed = part({"alg": "RS256", "typ": "JWT", "kid": self.name}) + "." + part(claims)
        digest = SHA256 + hashlib.sha256(signed.encode()).digest()
        padding = b"\xff" * (BITS // 8 - 3 - len(digest))
        padded = b"\x00\x01" + padding + b"\x00" + digest
        signature = pow(int.from_bytes(padded, "big"), self.private, self.modulus)
        return signed + "." + text(signature.to_bytes(BITS // 8, "big"))

    def confused(self, claims: dict) -> str:
        """Signed with what everybody knows, as if it were a shared secret."""
        signed = part({"alg": "HS256", "kid": self.name}) + "." + part(claims)
        public = json.dumps(self.jwk()).encode()
        return signed + "." + text(hmac.digest(public, signed.encode(), "sha256"))


def unsigned(claims: dict) -> str:
    return part({"alg": "none"}) + "." + part(claims) + "."


def prime(bits: int) -> int:
    """A random prime whose two highest bits are set, so that a product has all of its own."""
    while True:
        found = secrets.randbits(bits) | 3 << bits - 2 | 1
        if found % PUBLIC != 1 and is_prime(found):
            return found


def is_prime(number: int) -> bool:
    """By Miller and Rabin; for a random number of this size a few rounds are plenty."""
    if any(number % small == 0 for small in range(3, 1000, 2)):
        return False
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for _ in range(8):
        power = pow(secrets.randbelow(number - 3) + 2, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True

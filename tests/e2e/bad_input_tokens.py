"""Access tokens as an attacker would make them, signed with the openssl command."""

import base64
import hashlib
import hmac
import json
import subprocess


def part(value):
    data = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def new_key(path):
    subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path], check=True,
                   capture_output=True)
    return path


def public_pem(key):
    return subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], check=True, capture_output=True).stdout


def raw_signature(der):
    """Two INTEGERs in a SEQUENCE to 64 bytes."""
    sizes, at, numbers = None, 2, []
    for _ in range(2):
        sizes = der[at + 1]
        numbers.append(int.from_bytes(der[at + 2:at + 2 + sizes], "big"))
        at += 2 + sizes
    return b"".join(number.to_bytes(32, "big") for number in numbers)


def es256(key, header, claims):
    signed = f"{part(header)}.{part(claims)}"
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=signed.encode(), check=True, capture_output=True).stdout
    return f"{signed}.{part(raw_signature(der))}"


def hs256(secret, header, claims):
    signed = f"{part(header)}.{part(claims)}"
    return f"{signed}.{part(hmac.new(secret, signed.encode(), hashlib.sha256).digest())}"

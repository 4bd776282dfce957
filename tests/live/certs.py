"""Certificates for servers on the loopback address, made with the `openssl` command."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

NAMES = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost"


@dataclass(frozen=True)
class Authority:
    """A self-signed certificate for the loopback names, its own authority, and its key.

    A Go program such as containerd trusts it when SSL_CERT_FILE names `certificate`.
    """

    certificate: Path
    key: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a Go program trust this authority and no other."""
        return {"SSL_CERT_FILE": str(self.certificate), "SSL_CERT_DIR": str(self.key.parent)}

    def server(self) -> ssl.SSLContext:
        """Return the TLS settings of a server with this certificate."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(self.certificate, self.key)
        return context

    def client(self) -> ssl.SSLContext:
        """Return the TLS settings of a client that trusts this certificate only."""
        return ssl.create_default_context(cafile=str(self.certificate))

    def sign(self, message: bytes) -> bytes:
        """Sign with RSA and SHA-256, as JWT's RS256 does."""
        command = ["openssl", "dgst", "-sha256", "-sign", str(self.key)]
        return subprocess.run(command, input=message, capture_output=True, check=True).stdout


def new_authority(folder: Path) -> Authority:
    """Make an authority in `folder`, valid for two days."""
    authority = Authority(folder / "certificate.pem", folder / "key.pem")
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=ctdeck tests", "-addext", NAMES]
    files = ["-keyout", str(authority.key), "-out", str(authority.certificate)]
    command = ["openssl", "req", *kind, *names, *files]
    subprocess.run(command, capture_output=True, check=True)
    return authority

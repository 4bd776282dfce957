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


def new_authority(folder: Path, names: str = NAMES) -> Authority:
    """Make an authority in `folder`, valid for two days, for these names."""
    authority = Authority(folder / "certificate.pem", folder / "key.pem")
    kind = ["-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    subject = ["-subj", "/CN=ctdeck tests", "-addext", names]
    files = ["-keyout", str(authority.key), "-out", str(authority.certificate)]
    command = ["openssl", "req", *kind, *subject, *files]
    subprocess.run(command, capture_output=True, check=True)
    return authority


CA_SETTINGS = """
[ca]
default_ca = here
[here]
database = {folder}/index.txt
serial = {folder}/serial.txt
new_certs_dir = {folder}
default_md = sha256
policy = any
x509_extensions = names
[any]
commonName = supplied
[names]
{names}
"""


def expired(authority: Authority, folder: Path) -> Authority:
    """Make a certificate of the same key and names whose time is over."""
    (folder / "index.txt").touch()
    (folder / "serial.txt").write_text("01\n")
    settings, request = folder / "ca.cnf", folder / "request.pem"
    settings.write_text(CA_SETTINGS.format(folder=folder, names=NAMES.replace("=", " = ", 1)))
    old = Authority(folder / "certificate.pem", authority.key)
    asking = ["-new", "-key", str(authority.key), "-subj", "/CN=old", "-out", str(request)]
    times = ["-startdate", "20200101000000Z", "-enddate", "20210101000000Z"]
    signing = ["-batch", "-selfsign", "-config", str(settings), "-notext"]
    files = ["-keyfile", str(authority.key), "-in", str(request), "-out", str(old.certificate)]
    for command in (["req", *asking], ["ca", *signing, *times, *files]):
        subprocess.run(["openssl", *command], capture_output=True, check=True)
    return old

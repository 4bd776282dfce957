"""Make the stubs from the .proto files of this folder, and from those that only the tests use.

Run by `make stubs`, with any Python; nothing of aiocontainerd is imported. The generators are
older than the newest on purpose: stubs refuse a runtime older than their generator, so these
versions are the oldest protobuf (6.31) and grpcio (1.76) that ctdeck runs on. They live in a
virtual environment of their own, because the generator's protobuf is not the one we run with.

    python generate.py [OUTPUT]

OUTPUT is the folder that stands for the repository: the stubs go to OUTPUT/backend/aiocontainerd/pb
and OUTPUT/tests/live/cri. The drift test gives a temporary one and compares.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

PINS = ("grpcio-tools==1.76.0", "mypy-protobuf==5.1.0", "protobuf==6.33.6")
PB = Path(__file__).resolve().parent
BACKEND = PB.parents[1]
REPOSITORY = BACKEND.parent
VENV = REPOSITORY / ".venv-stubs"
# The folders with .proto files, and the one above each from which its stubs are imported.
PLACES = {PB: BACKEND, REPOSITORY / "tests" / "live" / "cri": REPOSITORY}


def tools() -> Path:
    """Return the bin folder of the generators' environment, after making it if need be.

    A stamp with the pins is written last, so that an interrupted or outdated one is made anew.

    Raises:
        subprocess.CalledProcessError: pip could not install the pins.
    """
    stamp, wanted = VENV / "pins.txt", "\n".join(PINS) + "\n"
    if not stamp.is_file() or stamp.read_text() != wanted:
        venv.create(VENV, clear=True, with_pip=True)
        subprocess.run([VENV / "bin" / "pip", "install", "--quiet", *PINS], check=True)
        stamp.write_text(wanted)
    return VENV / "bin"


def generate(output: Path) -> None:
    """Write the stubs of every .proto file to where `output` stands for the repository.

    Raises:
        subprocess.CalledProcessError: protoc refused; its words are on standard error.
    """
    for folder, top in PLACES.items():
        _generate(folder, top, output / top.relative_to(REPOSITORY))


def _generate(folder: Path, top: Path, output: Path) -> None:
    protos = sorted(folder.glob("*.proto"))
    services = [proto for proto in protos if "\nservice " in proto.read_text()]
    output.mkdir(parents=True, exist_ok=True)
    _protoc(top, protos, [f"--python_out={output}", f"--mypy_out=quiet:{output}"])
    # only_async (its manual says async_only, which does nothing): our channels are grpc.aio's,
    # so the calls are typed as awaitable and `XStub` is the one name, in types too.
    grpc_options = f"--mypy_grpc_out=quiet,only_async:{output}"
    _protoc(top, services, [f"--grpc_python_out={output}", grpc_options])


def _protoc(top: Path, protos: list[Path], outputs: list[str]) -> None:
    bin_dir = tools()
    subprocess.run(
        [
            # Through `python -m`, which brings protobuf's own well-known .proto files.
            bin_dir / "python",
            *("-m", "grpc_tools.protoc", "-I."),
            *outputs,
            # Relative names, so that no path of this machine gets into a stub.
            *(proto.relative_to(top) for proto in protos),
        ],
        check=True,
        cwd=top,
        # protoc finds its plugins, mypy-protobuf's two, on PATH.
        env={**os.environ, "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"},
    )


def main(arguments: list[str]) -> None:
    """Read the command line and generate."""
    parser = argparse.ArgumentParser(description="Make the stubs from the .proto files.")
    parser.add_argument(
        "output", nargs="?", type=Path, default=REPOSITORY, help="instead of the repository"
    )
    generate(parser.parse_args(arguments).output.resolve())


if __name__ == "__main__":
    main(sys.argv[1:])

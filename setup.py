"""The compiled kernels, once for each kind of processor; all else about the package stands in pyproject.toml.

Where one cannot be compiled, charnn is installed without it and runs on what is left.
"""

from hashlib import sha256
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

FLAGS = [
    "-std=c++20",
    "-O3",
    "-g0",
    "-ffp-contract=fast",
    "-fvisibility=hidden",
    "-pthread",
    "-Wno-ignored-attributes",
    "-Wno-psabi",
]
PROCESSORS = {
    "avx512": ["-mavx512f", "-mavx512dq", "-mavx512vl", "-mfma"],
    "avx2": ["-mavx2", "-mfma"],
    "portable": [],
}

FOLDER = Path("charnn/kernels")
SOURCES = sorted([*FOLDER.glob("source/*.cpp"), *FOLDER.glob("source/*.hpp")])
# By this charnn knows a library that was compiled from other sources than those that lie beside it.
FINGERPRINT = sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()


class CompileOnce(build_ext):
    """Takes what an earlier installation from the same sources left in the checkout."""

    def build_extension(self, extension: Extension) -> None:
        """Compile one library, or copy it."""
        wanted = Path(self.get_ext_fullpath(extension.name))
        present = FOLDER / wanted.name
        if present.is_file() and FINGERPRINT.encode() in present.read_bytes():
            self.mkpath(str(wanted.parent))
            if present.absolute() != wanted.absolute():
                self.copy_file(str(present), str(wanted))
        else:
            super().build_extension(extension)


setup(
    # The recipes and the manifests lie beside the package in a checkout, and inside it in a wheel.
    packages=[*find_packages(include=["charnn", "charnn.*"]), "charnn.configs", "charnn.corpora"],
    cmdclass={"build_ext": CompileOnce},
    ext_modules=[
        Extension(
            f"charnn.kernels._{name}",
            [str(FOLDER / "source" / "kernels.cpp")],
            depends=[str(path) for path in SOURCES],
            define_macros=[("CHARNN_FINGERPRINT", f'"{FINGERPRINT}"')],
            language="c++",
            extra_compile_args=[*FLAGS, *processor],
            extra_link_args=["-pthread"],
            optional=True,
        )
        for name, processor in PROCESSORS.items()
    ],
)

"""The compiled kernels; all else about the package stands in pyproject.toml.

They are compiled for the processor of this machine. `CHARNN_COMPILE` names others: some of avx512, avx2 and portable
with commas between them, or `all`. What cannot be compiled is left out, and charnn runs on what is left.
"""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

from setuptools import Extension, find_packages, setup
from setuptools.command.build_ext import build_ext

FLAGS = [
    "-std=c++20",
    "-O3",
    "-g0",
    "-ffp-contract=fast",
    "-fno-math-errno",  # or no loop with a root in it is vectorised
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
SOURCES = sorted([*FOLDER.rglob("*.cpp"), *FOLDER.rglob("*.hpp")])
# By this charnn knows a library that was compiled from other sources than those that lie beside it.
FINGERPRINT = sha256(b"".join(path.read_bytes() for path in SOURCES)).hexdigest()


def chosen() -> list[str]:
    """The processors to compile for."""
    wanted = os.environ.get("CHARNN_COMPILE", "")
    if wanted == "all":
        return list(PROCESSORS)
    if wanted:
        names = wanted.split(",")
        if unknown := [name for name in names if name not in PROCESSORS]:
            raise SystemExit(f"CHARNN_COMPILE: {unknown[0]} is none of {', '.join(PROCESSORS)}, all")
        return names
    return [this_processor()]


def this_processor() -> str:
    """The kind of processor that this machine has, as its compiler sees it."""
    compiler = os.environ.get("CC", "cc").split()
    command = [*compiler, "-march=native", "-dM", "-E", "-x", "c", os.devnull]
    try:
        macros = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return "portable"
    for name, flags in PROCESSORS.items():
        if all(f"__{flag.removeprefix('-m').upper()}__ " in macros for flag in flags):
            return name
    return "portable"


class CompileAtOnce(build_ext):
    """Compiles as many files at a time as there are processors, unless the libraries are there already."""

    def build_extension(self, extension: Extension) -> None:
        """Compile one library, or take what an earlier installation from the same sources left in the checkout."""
        wanted = Path(self.get_ext_fullpath(extension.name))
        present = FOLDER / wanted.name
        self.mkpath(str(wanted.parent))
        if present.is_file() and FINGERPRINT.encode() in present.read_bytes():
            if present.absolute() != wanted.absolute():
                self.copy_file(str(present), str(wanted))
            return
        print(f"compiling {len(extension.sources)} files for {extension.name}", flush=True)
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            objects = pool.map(lambda source: self.compiled(source, extension), extension.sources)
            self.compiler.link_shared_object(
                [path for paths in objects for path in paths],
                str(wanted),
                extra_postargs=extension.extra_link_args,
                target_lang="c++",
            )

    def compiled(self, source: str, extension: Extension) -> list[str]:
        """Compile one file."""
        return self.compiler.compile(
            [source],
            output_dir=str(Path(self.build_temp, extension.name)),
            macros=extension.define_macros,
            extra_postargs=extension.extra_compile_args,
        )


setup(
    # The recipes and the manifests lie beside the package in a checkout, and inside it in a wheel.
    packages=[*find_packages(include=["charnn", "charnn.*"]), "charnn.configs", "charnn.corpora"],
    cmdclass={"build_ext": CompileAtOnce},
    ext_modules=[
        Extension(
            f"charnn.kernels._{name}",
            [str(path) for path in SOURCES if path.suffix == ".cpp"],
            define_macros=[("CHARNN_FINGERPRINT", f'"{FINGERPRINT}"')],
            language="c++",
            extra_compile_args=[*FLAGS, *PROCESSORS[name]],
            extra_link_args=["-pthread"],
            optional=True,
        )
        for name in chosen()
    ],
)

"""The source archive and the wheels: what is in them, that their metadata pass, and that they install and run."""

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from project import PACKAGE, ROOT

pytestmark = pytest.mark.packages

OURS = {"autograd_lite", "autograd_lite_pytest.py"}


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False, **options)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def environment(pure):
    return {**os.environ, "AUTOGRAD_LITE_PURE": "1" if pure else "0"}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The source archive of a clean copy of the checkout, and of that archive a native and a pure wheel."""
    folder = tmp_path_factory.mktemp("packages")
    checkout = folder / "checkout"
    run("git", "clone", "-q", str(ROOT), str(checkout))
    run(sys.executable, "-m", "build", "--sdist", "--outdir", str(folder), str(checkout), env=environment(True))
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as file:
        file.extractall(folder, filter="data")
    source = folder / archive.name.removesuffix(".tar.gz")
    found = {"archive": archive}
    for name, pure in (("pure", True), ("native", False)):
        out = folder / name
        run(sys.executable, "-m", "build", "--wheel", "--outdir", str(out), str(source), env=environment(pure))
        (found[name],) = out.glob("*.whl")
    return found


def contents(path):
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as file:
            return file.namelist()
    with tarfile.open(path) as file:
        return [name.partition("/")[2] for name in file.getnames() if "/" in name]


def sources():
    """The files of the package in the checkout that belong to it."""
    listed = run("git", "-C", str(ROOT), "ls-files", "autograd_lite").split("\n")
    return {name for name in listed if name}


def test_names_say_what_they_run_on(built):
    assert built["pure"].name.endswith("-py3-none-any.whl")
    tag = f"cp{sys.version_info.major}{sys.version_info.minor}"
    assert f"-{tag}-{tag}-" in built["native"].name


@pytest.mark.parametrize("kind", ["pure", "native"])
def test_a_wheel_has_the_package_its_plugin_and_the_licence_and_no_stray_file(built, kind):
    names = contents(built[kind])
    outside = {name.partition("/")[0] for name in names} - OURS
    assert len(outside) == 1
    (metadata,) = outside
    assert metadata.endswith(".dist-info")
    assert f"{metadata}/licenses/LICENSE" in names
    made = {"autograd_lite/why_pure.txt"} if kind == "pure" else {n for n in names if n.endswith((".so", ".pyd"))}
    assert {n for n in names if n.startswith("autograd_lite/")} - made == sources()
    if kind == "native":
        assert len([n for n in made if "native__mypyc" in n]) == 1


def test_the_archive_has_what_a_build_needs(built):
    names = set(contents(built["archive"]))
    assert {"pyproject.toml", "setup.py", "README.md", "LICENSE", "PKG-INFO", "autograd_lite_pytest.py"} <= names
    assert sources() <= names
    assert [n for n in names if n.endswith((".so", ".pyd", ".pyc"))] == []


def test_metadata_pass_strictly(built):
    run(sys.executable, "-m", "twine", "check", "--strict", *map(str, built.values()))


@pytest.mark.parametrize("kind", ["pure", "native"])
def test_a_wheel_installs_and_runs(built, kind, tmp_path):
    run(sys.executable, "-m", "venv", str(tmp_path / "env"))
    python = str(next(path for path in (tmp_path / "env").glob("*/python*") if path.name in ("python", "python.exe")))
    run(python, "-m", "pip", "install", "-q", str(built[kind]))
    said = run(python, "-m", "autograd_lite", "info", cwd=tmp_path, env={**environment(False), "PYTHONPATH": ""})
    assert f"build     {'pure Python' if kind == 'pure' else 'native'}" in said
    code = "from autograd_lite import Value; x = Value(3.0); (x * x).backward(); print(x.grad)"
    assert run(python, "-c", code, cwd=tmp_path) == "6.0\n"
    assert (
        Path(run(python, "-c", "import autograd_lite; print(autograd_lite.__file__)", cwd=tmp_path).strip()) != PACKAGE
    )

"""Make the environment the project runs in: `python3 deploy/environment.py`.

Needs nothing but a Python 3.8 or later with its venv module. Makes `.tools` (uv, in a virtual environment of its own) and
`.venv` (the Python of `.python-version` with everything in `requirements.lock`), and does nothing when both are current.
"""

import glob
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools"
VENV = ROOT / ".venv"
UV = "uv==0.13.9"
STAMP = VENV / "lock.sha256"


def say(text):
    print(f"· {text}", flush=True)


def stop(text):
    print(f"error: {text}", file=sys.stderr)
    sys.exit(1)


def run(command, failure):
    if subprocess.run([str(part) for part in command], cwd=ROOT).returncode != 0:
        stop(failure)


def run_told(command, failure):
    """Run a uv command and show where it stands, without the list of every package."""
    told = ("Resolved", "Prepared", "Installed", "Bytecode", "Building", "error", "hint", "  cause")
    process = subprocess.Popen([str(part) for part in command], cwd=ROOT, stderr=subprocess.PIPE, universal_newlines=True)
    for line in process.stderr:
        if line.strip().startswith(told) or line.startswith(told):
            print("    " + line.strip(), flush=True)
    if process.wait() != 0:
        stop(failure)


def tools():
    """uv, inside a virtual environment that belongs to this folder."""
    uv = TOOLS / "bin" / "uv"
    stamp = TOOLS / "version"
    if uv.exists() and stamp.exists() and stamp.read_text() == UV:
        return uv
    say("making the tool environment (.tools)")
    shutil.rmtree(TOOLS, ignore_errors=True)
    made = subprocess.run([sys.executable, "-m", "venv", str(TOOLS)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if made.returncode != 0:
        shutil.rmtree(TOOLS, ignore_errors=True)
        stop("python3 has no venv module here; install it with: apt-get install python3-venv")
    pip = [TOOLS / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", UV]
    run(pip, "uv could not be installed; check that the package index can be reached")
    stamp.write_text(UV)
    return uv


def interpreter(wanted):
    """A Python of the wanted version that works: the system's, from the path, or from pyenv; None leaves the search to uv.

    The system's comes first: it is mended with the system, and distributions build theirs optimised, which pyenv does not by itself.
    """
    roots = [os.environ.get("PYENV_ROOT", ""), str(Path.home() / ".pyenv")]
    pyenv = shutil.which("pyenv")
    if pyenv:
        roots.append(str(Path(pyenv).resolve().parent.parent))
    found = [f"/usr/bin/python{wanted}", shutil.which(f"python{wanted}")]
    for root in filter(None, roots):
        found += sorted(glob.glob(f"{root}/versions/{wanted}.*/bin/python{wanted}"), reverse=True)
    for candidate in filter(os.path.exists, filter(None, found)):
        probe = "import sys, venv, ssl, sqlite3; print('%d.%d' % sys.version_info[:2])"
        answer = subprocess.run([candidate, "-c", probe], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        if answer.returncode == 0 and answer.stdout.decode().strip() == wanted:
            return candidate
    return None


def main():
    lock = ROOT / "requirements.lock"
    wanted = (ROOT / ".python-version").read_text().strip()
    digest = hashlib.sha256(lock.read_bytes() + wanted.encode() + UV.encode()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == digest and (VENV / "bin" / "python").exists():
        return
    started = time.monotonic()
    uv = tools()
    say(f"making the environment (.venv, Python {wanted}); this takes a minute the first time")
    missing = f"Python {wanted} was not found and could not be fetched; install it, for instance with: pyenv install {wanted}"
    run([uv, "--system-certs", "venv", "--quiet", "--clear", "--python", interpreter(wanted) or wanted, VENV], missing)
    sync = [uv, "--system-certs", "pip", "sync", "--python", VENV / "bin" / "python", "--require-hashes", "--compile-bytecode", lock]
    run_told(sync, "the packages of requirements.lock could not be installed; check that the package index can be reached")
    STAMP.write_text(digest)
    say(f"environment ready after {time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()

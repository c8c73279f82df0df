"""Makes the virtual environment of the tests' Python programs and prints the path of its interpreter.

    python3 environment.py FOLDER

Made once: it is kept while requirements.txt beside this file is what it was made from. Any number of processes may ask
at the same moment; one makes it and the others wait.
"""

import fcntl
import os
import shutil
import subprocess
import sys


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: environment.py FOLDER")
    folder = os.path.abspath(sys.argv[1])
    with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "requirements.txt")) as file:
        wanted = file.read()
    interpreter = os.path.join(folder, "bin", "python")
    # Written last: an environment without it was interrupted while it was made.
    mark = os.path.join(folder, "made-from.txt")
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    with open(folder + ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made(interpreter, mark, wanted):
            make(folder, interpreter, wanted)
            with open(mark, "w") as file:
                file.write(wanted)
    print(interpreter)


def is_made(interpreter, mark, wanted):
    if not os.access(interpreter, os.X_OK) or not os.path.exists(mark):
        return False
    with open(mark) as file:
        return file.read() == wanted


def make(folder, interpreter, wanted):
    shutil.rmtree(folder, ignore_errors=True)
    run("install python3-venv (./energy does)", sys.executable, "-m", "venv", folder)
    list_file = os.path.join(folder, "requirements.txt")
    with open(list_file, "w") as file:
        file.write(wanted)
    run(
        "check that pip can install packages here", interpreter, "-m", "pip", "install", "--quiet",
        "--disable-pip-version-check", "--only-binary=:all:", "-r", list_file)


def run(remedy, *command):
    ended = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if ended.returncode != 0:
        sys.exit(f"{' '.join(command[:4])} failed: {ended.stdout[-2000:].strip()}\n{remedy}")


if __name__ == "__main__":
    main()

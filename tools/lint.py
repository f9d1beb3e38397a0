#!/usr/bin/env python3
"""clang-tidy over the sources, as .clang-tidy says.

    tools/lint.py          files that differ from HEAD, and in CI every file of the product
    tools/lint.py --all    every file, tests too

A file that passed is not looked at again until it, a header of ours that it includes, or .clang-tidy
changes: answers are kept by content in $XDG_CACHE_HOME/holm/lint. HOLM_LINT_SECONDS=n stops starting
new files after n seconds, most recently committed first, and says how many were left.
"""
import concurrent.futures
import hashlib
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TIDY = "clang-tidy-14"
BUILD = os.path.join(ROOT, "build/dev")
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "holm/lint")
# The compilation database is GCC's; Clang need not know each of its warnings.
EXTRA = ["--extra-arg=-Wno-unknown-warning-option"]
texts = {}


def text(path):
    if path not in texts:
        try:
            with open(os.path.join(ROOT, path), "rb") as file:
                texts[path] = file.read()
        except FileNotFoundError:  # generated into the build folder
            texts[path] = b""
    return texts[path]


def closure(path):
    """The file and every file of ours that it includes, directly or not."""
    seen, todo = set(), [path]
    while todo:
        path = todo.pop()
        if path in seen:
            continue
        seen.add(path)
        todo += [name.decode() for name in re.findall(rb'^\s*#\s*include\s*"([^"]+)"', text(path), re.M)]
    return sorted(seen)


def key(path, salt):
    sum_ = hashlib.sha256(salt)
    for name in closure(path):
        sum_.update(name.encode() + b"\0" + hashlib.sha256(text(name)).digest())
    return sum_.hexdigest()


def git(*args):
    run = subprocess.run(["git", "-C", ROOT, *args], capture_output=True, text=True, check=False)
    return run.stdout.splitlines() if run.returncode == 0 else []


def tidy(path):
    run = subprocess.run([TIDY, "-p", BUILD, "--quiet", *EXTRA, os.path.join(ROOT, path)],
                         capture_output=True, text=True, check=False)
    return run.returncode == 0, run.stdout


def main():
    everything = "--all" in sys.argv[1:]
    with open(os.path.join(BUILD, "compile_commands.json"), encoding="utf-8") as file:
        known = {os.path.relpath(entry["file"], ROOT) for entry in json.load(file)}
    if everything:
        chosen = known
    elif os.environ.get("CI"):
        chosen = {path for path in known if not path.startswith("tests/")}
    else:
        touched = set(git("diff", "--name-only", "HEAD") + git("ls-files", "-o", "--exclude-standard"))
        touched |= {path[:-2] + ".cc" for path in touched if path.endswith(".h")}
        chosen = known & touched

    salt = text(".clang-tidy") + subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    keys = {path: key(path, salt) for path in chosen}
    os.makedirs(CACHE, exist_ok=True)
    todo = [path for path in sorted(chosen) if not os.path.exists(os.path.join(CACHE, keys[path]))]
    recent = {path: n for n, path in reversed(list(enumerate(git("log", "-n500", "--name-only", "--format="))))}
    todo.sort(key=lambda path: recent.get(path, -1))

    deadline = time.monotonic() + float(os.environ.get("HOLM_LINT_SECONDS", "1e9"))
    failed = left = 0

    def one(path):
        return tidy(path) if time.monotonic() < deadline else None

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, answer in zip(todo, pool.map(one, todo)):
            if answer is None:
                left += 1
            elif answer[0]:
                with open(os.path.join(CACHE, keys[path]), "w", encoding="utf-8"):
                    pass
            else:
                failed += 1
                print(answer[1].replace(ROOT + "/", ""), end="")
    print(f"lint: {len(chosen)} files, {len(chosen) - len(todo)} of them known good, {failed} with findings")
    if left:
        print(f"lint: time was up with {left} files left; tools/check --all lint looks at all of them")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

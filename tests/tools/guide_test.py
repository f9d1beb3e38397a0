#!/usr/bin/env python3
"""Runs every command that docs/guide shows, page by page in homes of its own, and compares what it prints with what
the page says; so the guide can't say what the program doesn't do.

    guide_test.py HOLM [PAGE ...] [--update]

In a page, blocks marked `console` hold commands behind `$ ` (Ana's home) or `ben$ ` (Ben's) and what they print. An HTML
comment `<!-- run: COMMAND -->` runs without being shown; `<!-- serve -->` starts Ana's peer, whose address the page calls
10.0.0.20:40123. What differs from run to run (ids, times, codes, sizes) is compared by shape; where a command names an
id or a code from an earlier answer, the one that was really given is used. --update writes what was printed into the page.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
GUIDE = os.path.join(ROOT, "docs/guide")
ADDRESS = "10.0.0.20:40123"
CODE = r"(?:[0-9A-Z]{4}-){6}[0-9A-Z]{4}"
NAMES = re.compile(r"\b(?:%s|[0-9a-f]{32}|[0-9a-f]{12}|[0-9a-f]{8})\b" % CODE)
SHAPES = [
    (NAMES, "ID"),
    (re.compile(r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ \w{3} \d{4}, \d\d:\d\d \([\w/]+\)"), "TIME"),
    (re.compile(r"\b\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?\b"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+)? (?:B|KB|MB)\b"), "SIZE"),
    (re.compile(r"\b\d+ round trips?\b"), "TRIPS"),
    (re.compile(r"^  [a-z]{5}(?: [a-z]{5}){5,}$", re.M), "PHRASE"),
    (re.compile(r" {2,}"), "  "),
    (re.compile(r"[ \n]+$"), ""),
]


def shape(text):
    for pattern, name in SHAPES:
        text = pattern.sub(name, text)
    return text


class Page:
    def __init__(self, program, path):
        self.path = path
        self.dir = tempfile.mkdtemp(prefix="holm-guide-")
        self.bin = os.path.join(self.dir, "bin")
        os.mkdir(self.bin)
        os.symlink(program, os.path.join(self.bin, "holm"))
        os.mkdir(os.path.join(self.dir, "run"), 0o700)
        os.mkdir(os.path.join(self.dir, "desk"))
        shutil.copytree(os.path.join(ROOT, "samples"), os.path.join(self.dir, "desk/samples"))
        self.real = {}  # what the page calls it -> what it is in this run
        self.server = None

    def close(self):
        if self.server:
            self.server.kill()
            self.server.wait()
            self.server.stdout.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def env(self, who):
        return {"PATH": self.bin + ":" + os.environ["PATH"], "HOME": os.path.join(self.dir, "desk"), "NO_COLOR": "1",
                "TZ": "Europe/Lisbon", "XDG_RUNTIME_DIR": os.path.join(self.dir, "run"), "EDITOR": "true", "LANG": "C.UTF-8",
                "XDG_STATE_HOME": os.path.join(self.dir, "state"), "HOLM_HOME": os.path.join(self.dir, "home/holm-" + who)}

    def serve(self):
        self.server = subprocess.Popen(["holm", "serve"], env=self.env("ana"), stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL)
        self.real[ADDRESS] = json.loads(self.server.stdout.readline())["listening"]

    def run(self, who, command):
        for told, real in sorted(self.real.items(), key=lambda pair: -len(pair[0])):
            command = command.replace(told, real)
        done = subprocess.run(["bash", "-c", command], cwd=os.path.join(self.dir, "desk"), env=self.env(who), timeout=120,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        out = done.stdout.decode().replace(self.dir + "/desk", "~").replace(self.dir + "/home/", "~/")
        return out.replace(self.real.get(ADDRESS, ADDRESS), ADDRESS)

    def check(self, update):
        """Lines of the page as they should be, and what differed."""
        with open(self.path, encoding="utf-8") as file:
            lines = file.read().split("\n")
        out, wrong, i, inside = [], [], 0, False
        while i < len(lines):
            line = lines[i]
            i += 1
            out.append(line)
            hidden = re.match(r"<!-- run(?: as (\w+))?: (.*) -->$", line)
            if hidden:
                self.run(hidden.group(1) or "ana", hidden.group(2))
            elif line == "<!-- serve -->":
                self.serve()
            elif line.startswith("```"):
                inside = line == "```console"
            command = re.match(r"(?:(\w+))?\$ (.*)$", line) if inside else None
            if not command:
                continue
            told = []
            while not lines[i].startswith("```") and not re.match(r"\w*\$ ", lines[i]):
                told.append(lines[i])
                i += 1
            gave = self.run(command.group(1) or "ana", command.group(2))
            told_text = "\n".join(told)
            if shape(told_text) != shape(gave):
                wrong.append("%s: %s\n--- the page says\n%s\n--- the program says\n%s" % (
                    os.path.basename(self.path), line, told_text, gave))
                if update:
                    told = gave.rstrip("\n").split("\n") if gave.strip() else []
            else:
                for name, real in zip(NAMES.findall(told_text), NAMES.findall(gave)):
                    self.real[name] = real
            if update:
                for name in NAMES.findall("\n".join(told)):
                    self.real.setdefault(name, name)
            out += told
        return "\n".join(out), wrong


def main(words):
    update = "--update" in words
    words = [word for word in words if word != "--update"]
    program, pages = os.path.abspath(words[0]), words[1:]
    if not pages:
        pages = sorted(os.path.join(GUIDE, name) for name in os.listdir(GUIDE) if name.endswith(".md"))
    failed = 0
    for path in pages:
        page = Page(program, path)
        try:
            text, wrong = page.check(update)
        finally:
            page.close()
        if update and wrong:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        for difference in wrong:
            print(difference + "\n")
        failed += len(wrong)
        print("%s %s" % ("ok  " if not wrong else "FAIL", os.path.basename(path)))
    return 1 if failed and not update else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

#!/usr/bin/env python3
"""Checks every source file against the tables of docs/ARCHITECTURE.md: which folder may include what,
which files may see which third-party and system headers, which files may make which calls. Also: headers
are included from the root and guarded by #pragma once, no file has grown past two nouns, and no word marks
unfinished work. Prints file:line for each line that breaks a rule and exits 1.

    tools/check_layers.py [ROOT]
"""
import fnmatch
import os
import re
import sys

SOURCES = ("base", "crypto", "crdt", "files", "store", "net", "sync", "work", "node", "gui", "tools", "tests")
LINES_MAX = 700  # STYLE's "at 500, find the second noun", with room for a table or two
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|for now|not implemented|stub(bed)?)\b")
BAD_FILE_NAME = re.compile(r"(^|_)(util|utils|helper|helpers|misc|common|manager|impl)\.(h|cc)$")
BAD_TYPE_NAME = re.compile(r"\b(?:class|struct)\s+(\w*(?:Manager|Helper|Utils?))\b")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')


def cells(line):
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def tables(text):
    """Yields (header cells, rows) for every table of a Markdown text."""
    lines = text.splitlines()
    for i, line in enumerate(lines[:-1]):
        if line.startswith("|") and re.match(r"^\|[\s:|-]+\|$", lines[i + 1]):
            rows = []
            for row in lines[i + 2:]:
                if not row.startswith("|"):
                    break
                rows.append(cells(row))
            yield cells(line), rows


def names(cell):
    return [name.strip().strip("`").strip() for name in cell.split(",") if name.strip()]


def covers(name, path):
    """Whether a table's `name` (a folder, a file, or a pattern of files) covers a file's path."""
    if name in ("everything", path):
        return True
    if "*" in name or "." in name:
        return fnmatch.fnmatch(path, name)
    return path.startswith(name + "/")


def call_regex(call):
    """`f` finds f( and std::f( but no member f; `a::f` also finds std::a::f(; `f(x)` finds just that."""
    if call == "random_device":  # a type
        return re.compile(r"\brandom_device\b")
    opening = "" if call.endswith(")") else r"\s*\("
    before = r"(?<!\w)" if "::" in call else r"(?:(?<![\w.>:])|(?<=std::)|(?<![\w>]::)(?<=::))"
    return re.compile(before + re.escape(call) + opening)


class Rules:
    def __init__(self, text):
        self.arrows = {}  # folder -> names that its files may include
        self.extra = []  # (pattern of including files, name they may include)
        self.headers = {}  # pattern of a header -> names of files that may see it
        self.calls = []  # (regex, call, names of files that may make it)
        for head, rows in tables(text):
            if head[:2] == ["folder", "may include"]:
                for row in rows:
                    self.add_arrow(row[0], row[1])
            elif head[:2] == ["header", "seen by"]:
                for row in rows:
                    for header in names(row[0]):
                        self.headers[header] = names(row[1])
            elif head[:2] == ["call", "made by"]:
                for row in rows:
                    for call in names(row[0]):
                        regex = call_regex(call)
                        self.calls.append((regex, call, names(row[1])))
        if not (self.arrows and self.headers and self.calls):
            sys.exit("docs/ARCHITECTURE.md: a table of folders, headers or calls is missing")

    def add_arrow(self, folders, allowed):
        folders = names(folders)
        for who, what in re.findall(r"\((\S+): also ([^)]*)\)", allowed):
            self.extra += [(who + "/*", name) for name in names(what)]
        allowed = re.sub(r"\([^)]*\)", "", allowed)
        main = re.search(r";\s*their `main` also (.*)$", allowed)
        if main:
            self.extra += [(f + "/main.cc", name) for f in folders for name in names(main.group(1))]
            allowed = allowed[:main.start()]
        if allowed.strip() == "nothing of ours":
            allowed = []
        elif allowed.strip() == "all of the above":
            allowed = list(self.arrows)
        else:
            allowed = names(allowed)
        for folder in folders:
            self.arrows[folder] = allowed

    def folder(self, path):
        """The longest folder of the arrow table that holds the file."""
        held = [f for f in self.arrows if path.startswith(f + "/")]
        return max(held, key=len, default=None)

    def may_include(self, path, header):
        folder = self.folder(path)
        if folder is None:
            return False
        return (header.startswith(folder + "/")
                or any(covers(name, header) for name in self.arrows[folder])
                or any(fnmatch.fnmatch(path, who) and covers(name, header) for who, name in self.extra))

    def seen_by(self, header):
        for pattern, seen in self.headers.items():
            if fnmatch.fnmatch(header, pattern):
                return seen
        return None


def code_only(text):
    """The text with comments, strings and characters blanked, lines kept."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))
    return re.sub(r'R"(\w*)\(.*?\)\1"|//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'',
                  blank, text, flags=re.S)


def without_strings(line):
    """A line without what it says to people, who may well be told that something is done for now."""
    return re.sub(r'"(?:\\.|[^"\\])*"', '""', line)


def check_cpp(rules, path, text, report):
    lines = text.splitlines()
    if len(lines) > LINES_MAX:
        report(path, LINES_MAX, f"{len(lines)} lines: find the second noun")
    if BAD_FILE_NAME.search(os.path.basename(path)):
        report(path, 1, "a file is named after what it is, not after how it is used")
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        report(path, 1, "no #pragma once")
    in_tests = path.startswith("tests/")
    for n, line in enumerate(lines, 1):
        include = INCLUDE.match(line)
        if not include:
            continue
        system, own = include.groups()
        if own:
            if "/" not in own or own.startswith("."):
                report(path, n, f'"{own}": include from the root')
            elif not rules.may_include(path, own):
                report(path, n, f"{rules.folder(path) or path} may not include {own}")
            continue
        seen = rules.seen_by(system)
        if seen is None:
            if "." in system or "/" in system:
                report(path, n, f"<{system}> is not in the tables of docs/ARCHITECTURE.md")
        elif not in_tests and not any(covers(name, path) for name in seen):
            report(path, n, f"<{system}> is seen only by {', '.join(seen)}")

    for n, line in enumerate(code_only(text).splitlines(), 1):
        for regex, call, made_by in rules.calls:
            if regex.search(line) and not any(covers(name, path) for name in made_by):
                report(path, n, f"{call} is called only by {', '.join(made_by)}")
        if path.endswith(".h") and re.match(r"\s*using\s+namespace\b", line):
            report(path, n, "using namespace in a header")
        bad = BAD_TYPE_NAME.search(line)
        if bad:
            report(path, n, f"{bad.group(1)}: say what it is")


def files(root):
    for top in SOURCES + ("cmake",):
        for folder, folders, found in os.walk(os.path.join(root, top)):
            folders[:] = sorted(f for f in folders if f not in ("corpus", "golden", "vectors", "__pycache__"))
            for name in sorted(found):
                yield os.path.relpath(os.path.join(folder, name), root)
    yield "CMakeLists.txt"


def main(root):
    with open(os.path.join(root, "docs/ARCHITECTURE.md"), encoding="utf-8") as file:
        rules = Rules(file.read())
    found = []

    def report(path, line, what):
        found.append(f"{path}:{line}: {what}")

    checked = 0
    for path in files(root):
        is_cpp = path.endswith((".h", ".cc"))
        if not is_cpp and not path.endswith((".cmake", ".sql", "CMakeLists.txt")):
            continue
        with open(os.path.join(root, path), encoding="utf-8") as file:
            text = file.read()
        checked += 1
        for n, line in enumerate(text.splitlines(), 1):
            word = UNFINISHED.search(without_strings(line) if is_cpp else line)
            if word:
                report(path, n, f'"{word.group(0)}": finish it, or write a decision record')
        if is_cpp:
            check_cpp(rules, path, text, report)
    for line in found:
        print(line)
    print(f"{checked} files, {len(found)} lines against the rules of docs/ARCHITECTURE.md")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

#!/usr/bin/env python3
"""tools/check_layers.py against small trees: each rule finds its culprit, by file and line, and nothing else."""
import os
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def check(files):
    """The findings for a tree of {path: text} under the rules of this repository."""
    with tempfile.TemporaryDirectory() as tree:
        files = {"CMakeLists.txt": "", **files}
        with open(os.path.join(ROOT, "docs/ARCHITECTURE.md"), encoding="utf-8") as rules:
            files["docs/ARCHITECTURE.md"] = rules.read()
        for path, text in files.items():
            path = os.path.join(tree, path)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        run = subprocess.run([sys.executable, os.path.join(ROOT, "tools/check_layers.py"), tree],
                             capture_output=True, text=True, check=False)
        lines = run.stdout.splitlines()[:-1]
        assert run.returncode == (1 if lines else 0), run.stdout + run.stderr
        return lines


class Layers(unittest.TestCase):
    def finds(self, path, text, place):
        found = check({path: text})
        self.assertEqual([line.rsplit(": ", 1)[0].split(": ")[0] for line in found], [f"{path}:{place}"], found)

    def accepts(self, path, text):
        self.assertEqual(check({path: text}), [])

    def test_arrows_point_down(self):
        self.finds("crdt/a.cc", '\n#include "store/b.h"\n', 2)
        self.finds("base/a.cc", '#include "crypto/hash.h"\n', 1)
        self.finds("net/a.cc", '#include "crdt/op.h"\n', 1)
        self.finds("tools/holm/a.cc", '#include "node/node.h"\n', 1)
        self.finds("node/a.cc", '#include "tools/holm/a.h"\n', 1)
        self.finds("work/a.cc", '#include "tests/support/seeds.h"\n', 1)
        self.accepts("store/a.cc", '#include "crdt/op.h"\n#include "store/b.h"\n#include "base/ids.h"\n')
        self.accepts("node/a.cc", '#include "work/a.h"\n#include "net/a.h"\n#include "sync/a.h"\n')
        self.accepts("tests/x/a.cc", '#include "node/a.h"\n#include "store/a.h"\n')

    def test_exceptions_in_the_table_hold_for_whom_they_name(self):
        self.accepts("crdt/a.cc", '#include "crypto/hash.h"\n')
        self.finds("crdt/a.cc", '#include "crypto/keys.h"\n', 1)
        self.accepts("tools/holm/main.cc", '#include "node/runtime.h"\n#include "node/client.h"\n')
        self.finds("tools/holm/a.cc", '#include "node/runtime.h"\n', 1)

    def test_third_parties_stay_in_their_folder(self):
        self.accepts("crypto/a.cc", "#include <sodium.h>\n")
        self.finds("node/a.cc", "#include <sodium.h>\n", 1)
        self.accepts("net/uv_a.cc", "#include <uv.h>\n")
        self.finds("net/session.cc", "#include <uv.h>\n", 1)
        self.finds("base/a.cc", "#include <boost/any.hpp>\n", 1)
        self.accepts("tests/a.cc", "#include <sqlite3.h>\n#include <vector>\n")

    def test_the_edge_stays_thin(self):
        self.finds("sync/a.cc", "#include <mutex>\n", 1)
        self.accepts("node/mailbox.h", "#pragma once\n#include <mutex>\n")
        self.finds("crdt/a.cc", "#include <unistd.h>\n", 1)
        self.finds("work/a.cc", "#include <regex>\n", 1)

    def test_calls_stay_at_the_edge(self):
        self.finds("work/a.cc", "auto t = std::chrono::system_clock::now();\n", 1)
        self.finds("work/a.cc", "int f() {\n  return rand();\n}\n", 2)
        self.finds("work/a.cc", "auto t = ::time(nullptr);\n", 1)
        self.finds("work/a.cc", "auto t = ::getenv(name);\n", 1)
        self.finds("tests/a.cc", "std::this_thread::sleep_for(1s);\n", 1)
        self.accepts("node/runtime.cc", "auto t = std::chrono::system_clock::now();\n")

    def test_members_comments_and_strings_are_no_calls(self):
        self.accepts("work/a.cc", "log.getenv(1);\nlink->rand();\nText::usleep(2);\n")
        self.accepts("work/a.cc", '// rand() is banned\n/* exit(1) */ auto s = "getenv(x)"; auto n = 1\'000;\n')
        self.accepts("work/a.cc", "strand(1); brand(2); WallTime time{};\n")

    def test_headers_are_plain(self):
        self.finds("base/a.h", "int x;\n", 1)
        self.finds("base/a.h", "#pragma once\nusing namespace std;\n", 2)
        self.finds("base/string_util.h", "#pragma once\n", 1)
        self.finds("node/a.h", "#pragma once\nclass PeerManager {};\n", 2)
        self.finds("base/a.cc", '#include "a.h"\n', 1)
        self.finds("base/a.cc", '#include "../base/a.h"\n', 1)

    def test_unfinished_work_and_endless_files(self):
        self.finds("base/a.cc", "// T" "ODO: the rest\n", 1)
        self.finds("cmake/a.cmake", "# f" "or now\n", 1)
        self.finds("base/a.cc", "int x;\n" * 701, 700)
        self.accepts("base/a.cc", 'say("done f' 'or now");\n')


if __name__ == "__main__":
    unittest.main()

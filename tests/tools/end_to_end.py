#!/usr/bin/env python3
"""Drives the real program, in processes, homes and sockets of its own on loopback, through what must hold
of it. Standard library only.

    end_to_end.py HOLM [SCENARIO ...] [--seed N] [--edits N] [--kills N] [--flood N] [--list]

Without scenarios: all of them, with counts that suit a machine which checks every change. By hand:

    end_to_end.py build/release/bin/holm apart --edits 200
    end_to_end.py build/release/bin/holm kill --kills 200
"""
import argparse
import json
import os
import random
import resource
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SHARED = os.environ.get("HOLM_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")
COMMAND_SECONDS = 300


class Failure(Exception):
    pass


class Skip(Exception):
    pass


def require(condition, message):
    if not condition:
        raise Failure(message)


def same(left, right, what):
    require(left == right, "%s differ:\n  %.600r\n  %.600r" % (what, left, right))


class Ran:
    def __init__(self, words, done):
        self.words, self.code, self.out, self.err = words, done.returncode, done.stdout, done.stderr

    def __str__(self):
        return "holm %s: exit %d\n%s%s" % (" ".join(self.words), self.code, self.out[-500:].decode(errors="replace"),
                                           self.err[-500:].decode(errors="replace"))


class World:
    """One scenario's machine: a folder with homes, an environment that leads nowhere else, servers to end."""

    def __init__(self, program, options):
        self.program, self.options = program, options
        self.random = random.Random(options.seed)
        self.dir = tempfile.mkdtemp(prefix="holm-e2e-")
        self.servers = []
        runtime = os.path.join(self.dir, "run")
        os.mkdir(runtime, 0o700)
        self.env = {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "HOME": self.dir, "TZ": "UTC", "NO_COLOR": "1",
                    "XDG_RUNTIME_DIR": runtime, "XDG_DATA_HOME": os.path.join(self.dir, "data"),
                    "XDG_STATE_HOME": os.path.join(self.dir, "state"), "TMPDIR": self.dir}
        for name, value in os.environ.items():  # what sanitizers are told
            if name.endswith("SAN_OPTIONS"):
                self.env[name] = value

    def close(self):
        for server in self.servers:
            server.kill()
        shutil.rmtree(self.dir, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.dir, name)

    def home(self, name, where=None):
        return Home(self, name, where or self.path(name))

    def team(self, *names):
        """Homes of one team, the first its founder; all have met once."""
        homes = [self.home(name).init() for name in names]
        homes[0].run("team", "create", "Tool library")
        if len(homes) > 1:
            server = homes[0].serve()
            code = homes[0].json("invite", "--uses", str(len(homes)))["code"]
            for home in homes[1:]:
                home.run("join", code, "--at", server.at)
            for home in homes[1:] * 2:
                home.run("sync", "--with", server.at)
            server.stop()
        return homes


class Home:
    def __init__(self, world, name, path):
        self.world, self.name, self.path = world, name, path

    def init(self):
        self.run("init", "--name", self.name.capitalize(), "--no-passphrase")
        return self

    def try_run(self, *words, stdin=b""):
        words = [str(word) for word in words]
        done = subprocess.run([self.world.program, "--home", self.path] + words, input=stdin, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=self.world.env, timeout=COMMAND_SECONDS)
        ran = Ran(words, done)
        require(0 <= ran.code <= 7, "%s is no exit code of the contract" % ran)
        return ran

    def run(self, *words, stdin=b""):
        ran = self.try_run(*words, stdin=stdin)
        require(ran.code == 0, str(ran))
        return ran.out

    def json(self, *words, stdin=b""):
        return json.loads(self.run("--json", *words, stdin=stdin))

    def fails(self, codes, *words, stdin=b""):
        """Runs what must fail: with one of these exit codes and one clear line."""
        ran = self.try_run("--quiet", *words, stdin=stdin)
        require(ran.code in codes, "%s, expected exit %s" % (ran, codes))
        require(ran.err.startswith(b"holm: ") and ran.err.count(b"\n") == 1, "not one clear line: %s" % ran)
        require(ran.out == b"", "output beside an error: %s" % ran)
        return ran

    def serve(self, listen="127.0.0.1:0", options=()):
        server = Server(self, listen, *options)
        self.world.servers.append(server)
        return server

    def digests(self):
        return sorted((space["id"], space["digest"]) for space in self.json("status")["spaces"])

    def verify(self):
        require(self.json("verify", "--deep")["ok"], "verify found damage in " + self.name)


class Server:
    def __init__(self, home, listen, *options):
        self.home = home
        self.process = subprocess.Popen([home.world.program, "--home", home.path, "serve", "--listen", listen]
                                        + [str(option) for option in options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                        env=home.world.env)
        line = self.process.stdout.readline()
        if not line:
            raise Failure("serve ended: " + self.process.stderr.read().decode(errors="replace"))
        self.at = json.loads(line)["listening"]

    def alive(self):
        return self.process.poll() is None

    def stop(self):
        self.process.terminate()
        code = self.process.wait(COMMAND_SECONDS)
        self.close()
        require(code == 0, "serve ended with %d after being asked to stop" % code)

    def kill(self):
        if self.alive():
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self):
        self.process.stdout.close()
        self.process.stderr.close()


def meet(left, right):
    """Two homes exchange all they have."""
    server = left.serve()
    answer = right.json("sync", "--with", server.at, "--timeout", "240s")
    require(answer["in_sync"], "not in sync: %r" % answer)
    server.stop()


def agree(*homes):
    """Equal digests in every space, and whole stores."""
    first = homes[0].digests()
    require(first, "no space at all")
    for home in homes[1:]:
        same(first, home.digests(), "digests of %s and %s" % (homes[0].name, home.name))
    for home in homes:
        home.verify()


def samples():
    vault = os.path.join(SHARED, "samples/markdown/personal-vault")
    board = os.path.join(SHARED, "samples/trello/pipeline-server-board.json")
    if os.path.isdir(vault) and os.path.isfile(board):
        return vault, board
    return os.path.join(ROOT, "samples/vault"), os.path.join(ROOT, "samples/board.json")


def files_below(folder):
    out = {}
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            with open(path, "rb") as file:
                out[os.path.relpath(path, folder)] = file.read()
    return out


def board_counts(source):
    with open(source, encoding="utf-8") as file:
        board = json.load(file)
    comments = [a for a in board.get("actions", []) if a["type"] == "commentCard"]
    return board, {"cards": len(board["cards"]), "lists": len(board["lists"]),
                   "checklists": len(board.get("checklists", [])), "comments": len(comments)}, comments


def all_cards(home, board):
    """Every card of a board in full, archived ones too, by title."""
    out = []
    for column in home.json("board", "show", board, "--archived")["columns"]:
        for card in column["cards"]:
            out.append(home.json("card", "show", card["id"]))
    return out


# --- scenarios ---------------------------------------------------------------------------------------------------


def scenario_import(world):
    """a vault and a board are brought in, travel to a second home, and come out as they went in"""
    vault, source = samples()
    board, counts, comments = board_counts(source)
    ana, ben = world.team("ana", "ben")

    report = ana.json("import", "markdown", vault, "--room", "Vault")
    texts = {path: data for path, data in files_below(vault).items() if path.endswith(".md")}
    others = sorted(set(files_below(vault)) - set(texts))
    same(report["created"].get("documents"), len(texts), "counts of documents")
    named = "\n".join(report["skipped_files"])
    hidden = [path for path in others if not any(part.startswith(".") for part in path.split(os.sep))]
    same(report["created"].get("files", 0), sum(path not in named for path in hidden), "counts of files")

    report = ana.json("import", "trello", source, "--room", "Board")
    created = {kind: count for kind, count in report["created"].items()}
    for kind, count in counts.items():
        here = created.get(kind, created.get({"lists": "columns"}.get(kind, kind)))
        same(here, count, "counts of " + kind)

    meet(ana, ben)
    agree(ana, ben)

    out = world.path("out")
    ben.run("export", out)
    exported = files_below(out)
    for path, data in texts.items():
        require(os.path.join("Vault", path) in exported, "%s was not exported" % path)
        same(exported[os.path.join("Vault", path)], data, "bytes of " + path)
    ana.run("export", world.path("with-files"))
    exported = files_below(world.path("with-files"))
    for path in (path for path in hidden if path not in named):
        same(exported[os.path.join("Vault", path)], files_below(vault)[path], "bytes of " + path)
    ben.run("export", world.path("json"), "--format", "json")
    for path, data in files_below(world.path("json")).items():
        json.loads(data)

    server = ben.serve()  # many questions: one owner of the home answers them quicker
    name = ben.json("board", "list")["boards"][0]["id"]
    cards = all_cards(ben, name)
    same(len(cards), counts["cards"], "cards on the board")
    same(sum(len(card["checklists"]) for card in cards), counts["checklists"], "checklists on the board")
    here = sorted((comment["by"]["name"], comment["at"][:19]) for card in cards for comment in card["comments"])
    there = sorted(((a.get("memberCreator") or {}).get("fullName", ""), a["date"][:19]) for a in comments)
    same(here, there, "authors and times of comments")
    server.stop()

    before = ben.digests()
    for words in (("markdown", vault, "--room", "Vault"), ("trello", source, "--room", "Board")):
        again = ben.json("import", *words)
        same(again["created"], {}, "what a second import made")
    same(ben.digests(), before, "digests before and after the second import")


def scenario_twice(world):
    """two homes bring in the same vault and board apart, meet, and hold one copy without chips"""
    vault, source = samples()
    ana, ben = world.team("ana", "ben")
    for home in (ana, ben):
        home.run("import", "markdown", vault, "--room", "Vault")
        home.run("import", "trello", source, "--room", "Board")
    alone = len(ana.json("doc", "list")["documents"])
    meet(ana, ben)
    agree(ana, ben)
    for home in (ana, ben):
        same(len(home.json("doc", "list")["documents"]), alone, "documents of " + home.name)
        same(len(home.json("room", "list")["rooms"]), 2, "rooms of " + home.name)
        same(home.json("conflicts")["conflicts"], [], "chips of " + home.name)
        for document in home.json("doc", "list")["documents"][:5]:
            same(home.json("doc", "show", document["id"])["marks"], [], "marks on " + document["path"])


class Typist:
    """Random edits of one document and one board by one home; remembers every word it typed."""

    LETTERS = "abcdefghijklmnopqrstuvwxyzäöüßéèñøλπжш字仮名한글🙂🛠"

    def __init__(self, home, document, board):
        self.home, self.document, self.board = home, document, board
        self.random = random.Random("%d %s" % (home.world.options.seed, home.name))
        self.typed = []
        self.items = []  # on cards; undo may take them away again, but their history stays

    def word(self):
        letters = "".join(self.random.choice(self.LETTERS) for _ in range(self.random.randint(1, 6)))
        word = "%s%d%s" % (self.home.name, len(self.typed), letters)
        self.typed.append(word)
        return word

    def type_in_text(self):
        text = self.home.run("doc", "show", self.document).decode()
        words = text.split(" ")
        before = len(self.typed)
        for _ in range(self.random.randint(1, 3)):
            at = self.random.randint(0, len(words))
            if self.random.random() < 0.3 and len(words) > 8:
                del words[at:at + self.random.randint(1, 3)]
            else:
                words.insert(at, self.word() + self.random.choice(["", "", "\n\n", "."]))
        text = " ".join(words)
        self.typed[before:] = [word for word in self.typed[before:] if word in text]
        self.home.run("doc", "write", self.document, "--file", "-", stdin=text.encode())

    def append(self):
        self.home.run("doc", "append", self.document, "-", stdin=(" " + self.word()).encode())

    def undo(self):
        ran = self.home.try_run("undo")
        require(ran.code in (0, 1, 3), str(ran))

    def restore(self):
        history = self.home.json("history", self.document)["changes"]
        version = self.random.choice(history[:10])["version"]
        self.home.run("restore", self.document, version)

    def add_card(self):
        self.home.run("card", "add", self.board, "Card " + self.word(), "--column", self.column())

    def column(self):
        return self.random.choice(["Next", "Doing", "Waiting", "Done"])

    def card(self):
        shown = self.home.json("board", "show", self.board)
        cards = [card for column in shown["columns"] for card in column["cards"]]
        return self.random.choice(cards)["id"]

    def move_card(self):
        words = ["card", "move", self.card(), self.column()]
        if self.random.random() < 0.5:
            words.append("--top")
        self.home.run(*words)

    def set_card(self):
        key, value = self.random.choice([  # words are typed only where they are used
            ("priority", self.random.choice(["urgent", "high", "normal", "low"])),
            ("due", "2026-%02d-%02d" % (self.random.randint(1, 12), self.random.randint(1, 28))),
            ("title", "Title "), ("text", "Text "), ("estimate", "4h"),
            ("assignees", "+" + self.home.name.capitalize()), ("assignees", "-" + self.home.name.capitalize())])
        if key in ("title", "text"):
            value += self.word()
        self.home.run("card", "set", self.card(), "%s=%s" % (key, value))

    def item(self):
        card = self.card()
        self.items.append(self.home.json("card", "item", "add", card, self.word())["id"])
        self.home.run("card", "check", card, 1)

    def archive_or_reopen(self):
        self.home.run("card", self.random.choice(["done", "reopen"]), self.card())

    def edit(self):
        doings = [self.type_in_text] * 6 + [self.append, self.undo, self.restore, self.add_card, self.move_card,
                                            self.move_card, self.set_card, self.set_card, self.item,
                                            self.archive_or_reopen]
        self.random.choice(doings)()


def words_missing(home, things, typed):
    """The words that stand in no version of a document or card. Only before meeting: afterwards what others wrote at the
    same time may stand in the middle of a word."""
    left = set(typed)

    def found(text):
        for word in [word for word in left if word in text]:
            left.discard(word)

    for thing in things:
        for change in home.json("history", thing, "--limit", 100000)["changes"]:
            found(json.dumps(change, ensure_ascii=False))
            if left and thing == things[0]:
                found(home.run("doc", "show", thing, "--at", change["version"]).decode())
    for thing in things[1:]:  # a sentence names only the letters that are new
        versions = [change["version"] for change in home.json("history", thing, "--limit", 100000)["changes"]]
        for new, old in zip(versions, versions[1:]):
            if left:
                found(json.dumps(home.json("diff", thing, old, new), ensure_ascii=False))
    return left


def changes_of(home, things):
    """Names of all changes of these things: hashes over what was typed, so that equal names mean equal words."""
    return {(thing, change["version"][:12]) for thing in things
            for change in home.json("history", thing, "--limit", 100000)["changes"]}


def scenario_apart(world):
    """two homes edit one document and one board apart, meet, and print the same bytes"""
    ana, ben = world.team("ana", "ben")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Plan", "-", stdin="The plan begins here and goes on for some words.\n".encode())
    ana.run("board", "new", "Work/Board", "--key", "R")
    for title in ("Paint", "Wire", "Sweep"):
        ana.run("card", "add", "Work/Board", title)
    meet(ana, ben)
    document = ana.json("doc", "show", "Work/Plan")["id"]

    def things_of(home):
        return [document] + [card["id"] for column in home.json("board", "show", "Work/Board", "--archived")["columns"]
                             for card in column["cards"]]

    before, items = set(), []
    for home in (ana, ben):
        typist = Typist(home, "Work/Plan", "Work/Board")
        server = home.serve()  # alone: nobody knows where it listens
        for _ in range(world.options.edits):
            typist.edit()
        items += typist.items
        things = things_of(home) + typist.items
        left = words_missing(home, things, typist.typed)
        require(not left, "%s lost %d words: %r" % (home.name, len(left), sorted(left)[:5]))
        before |= changes_of(home, things)
        server.stop()
    meet(ana, ben)
    agree(ana, ben)
    same(ana.run("doc", "show", "Work/Plan"), ben.run("doc", "show", "Work/Plan"), "documents")
    same(ana.run("board", "show", "Work/Board"), ben.run("board", "show", "Work/Board"), "boards")
    servers = [home.serve() for home in (ana, ben)]
    for home in (ana, ben):
        lost = before - changes_of(home, things_of(home) + items)
        require(not lost, "%s holds %d changes less than were made: %r" % (home.name, len(lost), sorted(lost)[:5]))
    for card in things_of(ana)[1:]:
        same(ana.run("card", "show", card), ben.run("card", "show", card), "cards")
    for server in servers:
        server.stop()


def scenario_second(world):
    """a second process on the same home works through the first, and a home has one owner"""
    (ana,) = world.team("ana")
    ana.run("room", "new", "Work")
    server = ana.serve()
    ana.run("doc", "new", "Work/Plan", "written through the owner")
    same(ana.run("doc", "show", "Work/Plan"), b"written through the owner", "texts")
    ana.fails([3], "doc", "show", "Work/Nothing")
    ana.fails([2], "card", "frob")
    ana.fails([5], "serve")
    require(server.alive(), "the owner ended")
    big = ("Grüße, 世界! " * 70000).encode()
    ana.run("doc", "new", "Work/Long", "-", stdin=big)
    same(ana.run("doc", "show", "Work/Long"), big, "a megabyte through the owner")
    watch = subprocess.Popen([world.program, "--home", ana.path, "--json", "watch"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=world.env)
    watch.stderr.readline()  # it says that it watches
    event = None
    for i in range(50):  # until the owner has heard of the watcher
        ana.run("doc", "append", "Work/Plan", " and more")
        if select_readable(watch.stdout, 0.2):
            event = json.loads(watch.stdout.readline())
            break
    watch.terminate()
    watch.wait()
    watch.stdout.close()
    watch.stderr.close()
    require(event is not None, "watch said nothing")
    server.stop()
    text = ana.run("doc", "show", "Work/Plan")
    require(text.startswith(b"written through the owner") and b"and more" in text, "text lost: %r" % text)
    ana.verify()


def scenario_restored(world):
    """a home put back from an old copy, and one made from a backup: nothing is lost, no log goes two ways"""
    ana, ben = world.team("ana", "ben")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Plan", "--file", "-", stdin=b"one\n")
    meet(ana, ben)
    ana.run("backup", world.path("backup.holm"))
    shutil.copytree(ana.path, world.path("old"), symlinks=True)
    for line in ("after the copy", "and more"):
        ana.run("doc", "append", "Work/Plan", line)
    meet(ana, ben)
    shutil.rmtree(ana.path)
    shutil.move(world.path("old"), ana.path)
    ana.run("doc", "append", "Work/Plan", "on the old copy, offline")
    ben.run("doc", "append", "Work/Plan", "meanwhile at ben's")
    meet(ana, ben)
    agree(ana, ben)
    text = ana.run("doc", "show", "Work/Plan")
    for line in (b"one", b"after the copy", b"and more", b"on the old copy, offline", b"meanwhile at ben's"):
        require(line in text, "%r is lost: %r" % (line, text))
    require("differ" not in ana.run("status").decode(), "a log went two ways")

    # A third home from the backup, used beside the first.
    back = world.home("back")
    back.run("backup", "restore", world.path("backup.holm"))
    back.run("doc", "append", "Work/Plan", "from the backup")
    ana.run("doc", "append", "Work/Plan", "from the first")
    meet(ben, back)
    meet(ben, ana)
    meet(ben, back)
    agree(ana, ben, back)
    text = back.run("doc", "show", "Work/Plan")
    for line in (b"from the backup", b"from the first", b"on the old copy, offline"):
        require(line in text, "%r is lost: %r" % (line, text))
    back.fails([1], "backup", "restore", world.path("backup.holm"))
    for folder, _, names in os.walk(world.dir):
        for name in names:
            if name.endswith((".db", ".holm", ".db-wal", ".seg", ".witness")):
                with open(os.path.join(folder, name), "rb") as file:
                    content = file.read()
                require(b"copy" not in content and b"Work" not in content, "%s can be read" % name)


def select_readable(stream, seconds):
    return bool(select.select([stream], [], [], seconds)[0])


def scenario_refused(world):
    """wrong invite codes and truncated files: one clear line, nothing changed, the peer serves on"""
    ana, ben = world.team("ana", "ben")
    cy = world.home("cy").init()
    ana.fails([1, 5], "init", "--name", "Again", "--no-passphrase")
    server = ana.serve()
    code = ana.json("invite")["code"]
    cy.fails([2], "join", "not-a-code", "--at", server.at)
    wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
    cy.fails([2], "join", wrong, "--at", server.at)
    stranger = world.home("stranger").init()
    stranger.run("team", "create", "Another")
    cy.fails([1, 3, 4, 7], "join", stranger.json("invite")["code"], "--at", server.at, "--timeout", "3s")
    require(server.alive(), "the peer ended")

    _, source = samples()
    with open(source, "rb") as file:
        whole = file.read().rstrip()
    before = ana.digests()
    for keep in (0, 1, len(whole) // 3, len(whole) - 1):
        broken = world.path("broken.json")
        with open(broken, "wb") as file:
            file.write(whole[:keep])
        ana.fails([1, 6], "import", "trello", broken)
    ana.fails([3], "import", "trello", world.path("none.json"))
    same(ana.digests(), before, "digests before and after what was refused")
    ana.run("invite", "list")
    require(cy.json("join", code, "--at", server.at)["team"], "the right code was refused")
    ben.run("sync", "--with", server.at)
    server.stop()
    ana.verify()


def scenario_rooms(world):
    """a private room, a one-to-one room and a guest: who is not in a room neither sees nor changes it"""
    ana, ben, cy = world.team("ana", "ben", "cy")
    ana.run("room", "new", "Yard")
    ana.run("room", "new", "Budget", "--kind", "private", "--members", "Ben")
    ana.run("room", "new", "--kind", "one-to-one", "--members", "Ben")
    ana.run("doc", "new", "Budget/Plan", "Twelve thousand.")
    ana.run("doc", "new", "Ben/Notes", "Only us.")
    ana.run("doc", "new", "Yard/Log", "For all.")
    ana.fails([2], "room", "set", "Yard", "kind=private")
    server = ana.serve()
    for home in (ben, cy):
        home.run("sync", "--with", server.at)
    require(b"Twelve thousand." in ben.run("doc", "show", "Budget/Plan"), "Ben does not see the private room")
    require(b"Only us." in ben.run("doc", "show", "Ana/Notes"), "Ben does not see the room of the two")
    same([room["title"] for room in cy.json("room", "list")["rooms"]], ["Yard"], "the rooms that Cy sees")
    cy.fails([3], "doc", "show", "Budget/Plan")
    ben.fails([4], "room", "member", "Budget", "add", "Cy")
    same([(one["name"], one["level"]) for one in ben.json("room", "member", "Budget", "list")["members"]
          if one["name"] == "Ben"], [("Ben", "writer")], "what Ben may in Budget")

    ana.run("room", "member", "Budget", "role", "Ben", "reader")
    ben.run("sync", "--with", server.at)
    ben.fails([4], "doc", "append", "Budget/Plan", "And more.")
    ana.run("room", "member", "Budget", "add", "Cy")
    cy.run("sync", "--with", server.at)
    cy.run("sync", "--with", server.at)
    require(b"Twelve thousand." in cy.run("doc", "show", "Budget/Plan"), "Cy was added and sees nothing")

    gil = world.home("gil").init()
    gil.run("join", ana.json("invite", "--role", "guest", "--room", "Yard")["code"], "--at", server.at)
    gil.run("sync", "--with", server.at)
    same([room["title"] for room in gil.json("room", "list")["rooms"]], ["Yard"], "the rooms of a guest")
    gil.run("doc", "append", "Yard/Log", "And for Gil.")
    gil.fails([4], "invite")
    gil.fails([4], "room", "new", "Mine")
    gil.run("sync", "--with", server.at)
    require(b"And for Gil." in ana.run("doc", "show", "Yard/Log"), "what the guest wrote did not arrive")

    ana.run("room", "private", "Yard", "--members", "Ben")
    ana.run("doc", "append", "Yard/Log", "For two.")
    for home in (ben, cy, gil):
        home.run("sync", "--with", server.at)
    require(b"For two." in ben.run("doc", "show", "Yard/Log"), "Ben lost the room that was left to him")
    for home in (cy, gil):
        shown = home.run("doc", "show", "Yard/Log")
        require(b"For all." in shown and b"For two." not in shown, "%s has more or less than before" % home.name)
        home.fails([4], "doc", "append", "Yard/Log", "No.")
    server.stop()
    for home in (ana, ben, cy, gil):
        home.verify()


def scenario_leaving(world):
    """the only owner leaves: it waits for the next owner, everybody is told, and it can be taken back"""
    ana, ben = world.team("ana", "ben")

    def stands(home):
        return {member["name"]: (member["role"], member.get("leaving", False))
                for member in home.json("team", "show")["members"]}

    ana.fails([4], "member", "role", "me", "admin")
    said = ana.json("member", "remove", "me", "--yes")
    same((said["waits"], said["final"]), (True, False), "what the only owner is told")
    require("only owner" in said["forewarning"], "the only owner was not told what it comes to")
    meet(ana, ben)
    same(stands(ben), {"Ana": ("owner", True), "Ben": ("member", False)}, "what Ben is told")
    require(b"You stay." in ana.run("member", "role", "me", "owner"), "she was not told that she stays")
    meet(ana, ben)
    same(stands(ben)["Ana"], ("owner", False), "who stays after all")

    require(b"as soon as there is another owner" in ana.run("member", "remove", "me", "--yes"), "nothing was said")
    require(b"You have left the team." in ana.run("member", "role", "Ben", "owner", "--yes"), "she was not told")
    server = ana.serve()
    ben.fails([4], "sync", "--with", server.at)  # heard, and told nothing
    server.stop()
    same(stands(ben), {"Ben": ("owner", False)}, "the team after she left")
    require(b"Ana left the team" in ben.run("team", "log"), "the log does not tell that she left")
    ben.run("member", "role", "Ana", "owner")
    meet(ana, ben)
    same(stands(ana), {"Ana": ("owner", False), "Ben": ("owner", False)}, "the team after she came back")


def scenario_noise(world):
    """garbage on the port and a flood of half-open connections: teammates still get through"""
    ana, ben = world.team("ana", "ben")
    ana.run("room", "new", "Work")
    server = ana.serve()
    host, port = server.at.rsplit(":", 1)
    address = (host, int(port))
    for size in (0, 1, 7, 64, 1000, 70000):
        garbage = world.random.randbytes(size)
        for data in (garbage, b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" + garbage, b"\x00\x00\xff\xff" + garbage):
            with socket.create_connection(address, 10) as link:
                try:
                    link.sendall(data)
                except OSError:
                    pass  # it hung up: its right
    require(server.alive(), "garbage ended the peer")
    flood = []
    for _ in range(world.options.flood):
        link = socket.socket()
        link.setblocking(False)
        try:
            link.connect(address)
        except BlockingIOError:
            pass
        flood.append(link)
    ana.run("doc", "new", "Work/During", "the flood")  # the home still answers its own
    ben.run("sync", "--with", server.at, "--timeout", "60s")
    for link in flood:
        link.close()
    ben.run("sync", "--with", server.at)
    same(ben.run("doc", "show", "Work/During"), b"the flood", "texts")
    require(server.alive(), "the flood ended the peer")
    server.stop()
    agree(ana, ben)


def scenario_full(world):
    """a full disk: one clear line, nothing lost, and work goes on once there is room"""
    mount = world.path("small")
    os.mkdir(mount)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=700", "none", mount],
                                           stderr=subprocess.DEVNULL).returncode != 0:
        raise Skip("a small tmpfs can only be mounted as root")
    try:
        ana = world.home("ana", os.path.join(mount, "home")).init()
        ana.run("team", "create", "Small")
        ana.run("room", "new", "Work")
        kept = {}
        for i in range(200):
            data = world.random.randbytes(60000).hex().encode()
            ran = ana.try_run("--quiet", "doc", "new", "Work/%d" % i, "-", stdin=data)
            if ran.code != 0:
                break
            kept[i] = data
        require(ran.code == 1, "the disk never filled, or it was told otherwise: %s" % ran)
        require(ran.err.startswith(b"holm: ") and ran.err.count(b"\n") == 1, "not one clear line: %s" % ran)
        require(kept, "nothing fitted at all")
        for i, data in kept.items():
            same(ana.run("doc", "show", "Work/%d" % i), data, "texts")
        ana.verify()
        ana.fails([1], "export", os.path.join(mount, "out"))
        shutil.rmtree(os.path.join(mount, "out"), ignore_errors=True)
        subprocess.run(["mount", "-o", "remount,size=24m", mount], check=True)
        ana.run("doc", "new", "Work/after", "there is room again")
        ana.verify()
        same(len(ana.json("doc", "list")["documents"]), len(kept) + 1, "documents")
    finally:
        subprocess.run(["umount", "-l", mount])


def scenario_kill(world):
    """a serving peer is killed at random moments of a sync: every store opens, and nothing told is lost"""
    ana, ben = world.team("ana", "ben")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Log", "Log\n")
    meet(ana, ben)
    told, limit, cut = [], 0.05, 0
    for i in range(world.options.kills):
        server = ana.serve()
        for home in (ana, ben):
            word = "%s%d" % (home.name, i)
            data = (word + " " + "x" * world.random.randint(0, 30000) + "\n").encode()
            home.run("doc", "append", "Work/Log", "-", stdin=data)
            told.append(word)
            if i % 4 == 0:
                home.run("doc", "new", "Work/%s" % word, "-", stdin=data * 20)
        sync = subprocess.Popen([world.program, "--home", ben.path, "--quiet", "sync", "--with", server.at, "--timeout", "2s"],
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env)
        written = None
        if world.random.random() < 0.5:  # and in the middle of a write of its own
            written = subprocess.Popen([world.program, "--home", ana.path, "doc", "append", "Work/Log", "ana-late%d\n" % i],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env)
        try:
            sync.wait(world.random.uniform(0, limit))
            limit *= 0.9  # it was over already: strike earlier
        except subprocess.TimeoutExpired:
            limit *= 1.1
        server.kill()
        if written is not None and written.wait() == 0:
            told.append("ana-late%d" % i)
        cut += sync.wait(COMMAND_SECONDS) != 0
        if i % 10 == 9:
            ana.verify()
            ben.verify()
    meet(ana, ben)
    agree(ana, ben)
    text = ana.run("doc", "show", "Work/Log").decode()
    same(text, ben.run("doc", "show", "Work/Log").decode(), "texts")
    for word in told:
        require(word in text, "%s was told and is lost" % word)
    print("    %d of %d exchanges were cut" % (cut, world.options.kills))


def scenario_kill_alone(world):
    """a home is killed while it erases, mends itself and makes a backup: each is done or not, and can be done again"""
    (ana,) = world.team("ana")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Log", "Log\n")
    (store,) = [name for name in os.listdir(os.path.join(ana.path, "teams")) if name.endswith(".db")]
    store = os.path.join(ana.path, "teams", store)
    told, gone, limits, cut = [], [], {}, {"erase": 0, "mend": 0, "backup": 0}

    def killed(kind, *words):
        """Kills a command at a random moment of it. Whether it was over before."""
        limit = limits.get(kind, 0.05)
        process = subprocess.Popen([world.program, "--home", ana.path, "--quiet"] + list(words), stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=world.env)
        try:
            code = process.wait(world.random.uniform(0, limit))
            require(code == 0, "holm %s ended with %d" % (" ".join(words), code))
            limits[kind] = limit * 0.9  # strike earlier
            return True
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            limits[kind] = limit * 1.1
            cut[kind] += 1
            return False

    for i in range(world.options.kills):
        word = "kept%d" % i
        ana.run("doc", "append", "Work/Log", "%s %s\n" % (word, "x" * world.random.randint(0, 3000)))
        told.append(word)

        secret = "planted%dx" % i
        doc = ana.json("doc", "new", "Work/Doomed%d" % i, (secret + "\n") * 50)["id"]
        source = world.path("bytes%d" % i)
        with open(source, "wb") as file:
            file.write(secret.encode() + world.random.randbytes(200000))
        file_id = ana.json("file", "add", "Work", source)["id"]
        for thing, show in ((doc, ("doc", "show", doc)), (file_id, ("file", "show", file_id))):
            was_over = killed("erase", "erase", thing, "--yes")
            if ana.try_run(*show).code == 0:
                require(not was_over, "what was erased is there")
                ana.run("erase", thing, "--yes")
            ana.fails([3], *show)
        gone.append(secret)

        with open(store, "r+b") as file:  # the first page, which holds nothing that the rest does not give back
            file.seek(77)
            byte = file.read(1)[0]
            file.seek(77)
            file.write(bytes([byte ^ 0x55]))
        for _ in range(3):
            killed("mend", "status")
        ana.run("status")
        ana.try_run("verify", "--deep")  # tells what was mended
        ana.verify()
        left = [name for name in os.listdir(os.path.dirname(store)) if ".mend" in name or ".damaged" in name]
        require(not left, "left over: %r" % left)

        backup = world.path("backup%d.holm" % i)
        if not killed("backup", "backup", backup) and not os.path.exists(backup):
            ana.run("backup", backup)
        back = world.home("back%d" % i)
        back.run("backup", "restore", backup)
        back.verify()
        same(back.run("doc", "show", "Work/Log"), ana.run("doc", "show", "Work/Log"), "texts")
    text = ana.run("doc", "show", "Work/Log").decode()
    for word in told:
        require(word in text, "%s was told and is lost" % word)
    ana.run("export", world.path("out"), "--format", "all")
    for path, content in files_below(world.path("out")).items():
        for word in gone:
            require(word.encode() not in content, "%s was erased and is in %s" % (word, path))
    held = ana.json("file", "quota")["held"]
    same(held["pieces"], 0, "pieces of erased files")
    print("    killed while erasing %(erase)d times, mending %(mend)d, backing up %(backup)d" % cut)


def scenario_streams(world):
    """closed and broken output, JSON on every command, and Ctrl+C"""
    (ana,) = world.team("ana")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Long", "-", stdin=b"line\n" * 200000)
    shell = "'%s' --home '%s' " % (world.program, ana.path)

    def sh(command):
        return subprocess.run(["bash", "-c", command], env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=COMMAND_SECONDS)
    done = sh("set -o pipefail; %s doc show Work/Long | head -1" % shell)
    same((done.returncode, done.stdout, done.stderr), (0, b"line\n", b""), "a reader that leaves")
    done = sh("%s room list > /dev/full" % shell)
    require(done.returncode == 1 and done.stderr.startswith(b"holm: "), "a full device: %r" % done)
    done = sh("%s room list >&-" % shell)
    require(done.returncode == 1 and done.stderr.startswith(b"holm: "), "a closed stdout: %r" % done)
    done = sh("%s room new More <&- 2>&-" % shell)
    same(done.returncode, 0, "exit with closed stdin and stderr")
    ana.verify()
    for words in (["team", "show"], ["status"], ["room", "list"], ["peers"], ["invite"], ["version"], ["help"]):
        ana.json(*words)
    watch = subprocess.Popen([world.program, "--home", ana.path, "watch"], stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=world.env)
    watch.stderr.readline()
    watch.send_signal(2)
    require(watch.wait(COMMAND_SECONDS) in (-2, 0, 130), "Ctrl+C did not end watch")
    watch.stdout.close()
    watch.stderr.close()
    ana.run("doc", "append", "Work/Long", "after")
    ana.verify()


def scenario_shells(world):
    """completions of bash, zsh and fish know commands, options and values"""
    expected = [("holm ca", "card"), ("holm card item ", "add"), ("holm --home /x card mo", "move"),
                ("holm card add B T --pr", "--priority"), ("holm card add B T --priority ur", "urgent"),
                ("holm completions ", "fish")]
    scripts = {}
    for shell in ("bash", "zsh", "fish"):
        scripts[shell] = world.path(shell)
        with open(scripts[shell], "wb") as file:
            file.write(subprocess.run([world.program, "completions", shell], stdout=subprocess.PIPE, env=world.env,
                                      check=True).stdout)
    prelude = {
        "bash": ("compopt() { :; }; source '%s'; COMP_WORDS=(\"$@\"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _holm; "
                 "printf '%%s\\n' \"${COMPREPLY[@]}\""),
        "zsh": ("compadd() { shift; print -l -- $@; }; _describe() { print -l -- ${${(P)2}%%%%:*}; }; _files() { :; }; "
                "_message() { :; }; compdef() { :; }; source '%s'; words=(\"$@\"); CURRENT=$#words; "
                "PREFIX=${words[CURRENT]}; _holm")}
    for line, wanted in expected:
        words = line.split(" ")
        for shell, script in prelude.items():
            if shutil.which(shell):
                command = {"bash": ["bash", "--norc"], "zsh": ["zsh", "-f"]}[shell] + ["-c", script % scripts[shell], shell]
                done = subprocess.run(command + words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=world.env)
                same(done.stderr, b"", shell + " completing " + line)
                require(wanted in done.stdout.decode().split(), "%s offers %r for %r" % (shell, done.stdout, line))
        if shutil.which("fish"):
            command = "source '%s'; complete -C '%s'" % (scripts["fish"], line)
            done = subprocess.run(["fish", "--no-config", "-c", command], stdout=subprocess.PIPE, env=world.env)
            require(wanted in done.stdout.decode().split(), "fish offers %r for %r" % (done.stdout, line))


def copies_in(process, words):
    """How often `words` are in the memory that a process may write. PermissionError where it may not be looked at."""
    found = 0
    with open("/proc/%d/maps" % process) as maps, open("/proc/%d/mem" % process, "rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            first, last = (int(end, 16) for end in span.split("-"))
            if rights.startswith("rw") and last - first < 1 << 32:
                try:
                    memory.seek(first)
                    found += memory.read(last - first).count(words)
                except OSError:
                    pass  # a guard page
    return found


def dumps_core(process):
    """Ends a process as a crash does. Whether the system made, or would have made, a dump of it."""
    os.kill(process.pid, 6)
    status = os.waitpid(process.pid, 0)[1]
    process.returncode = -6
    return os.WCOREDUMP(status)


def scenario_lock(world):
    """a locked home is in nobody's memory: at once when told to, by itself when nobody uses it, never in a dump"""
    words = world.path("words")
    with open(words, "w") as file:
        file.write("river lamp seven copper\n")
    unlock = ("--passphrase-file", words)
    ana = world.home("ana")
    ana.run("init", "--name", "Ana", *unlock)
    ana.run("team", "create", "Tool library", *unlock)
    ana.run("room", "new", "Opening", *unlock)
    ana.run("doc", "new", "Opening/Plan", "--file", "-", *unlock, stdin=b"quagga and zebra\n" * 400)

    def is_locked():
        began = time.monotonic()
        for command in (["status"], ["doc", "show", "Opening/Plan"], ["serve"]):
            ana.fails([5], *command)
        require(time.monotonic() - began < 30, "it took long to say that the home is locked")

    def ends(server, seconds):
        require(server.process.wait(seconds) == 0, "serve did not end well")
        require(not os.path.exists("/proc/%d" % server.process.pid), "there is still a process")
        require(server.process.stderr.read().count(b"quagga") == 0, "content in the log")

    is_locked()
    with open(world.program, "rb") as file:
        libraries = file.read()
    is_sanitized = any(name in libraries for name in (b"libasan.so", b"libtsan.so", b"libubsan.so"))

    # Now.
    server = ana.serve(options=unlock)
    require(b"quagga and zebra" in ana.run("doc", "show", "Opening/Plan"), "the document is not there")
    try:
        require(copies_in(server.process.pid, b"quagga and zebra") > 0, "looking into memory finds nothing")
    except PermissionError:
        require(os.geteuid() != 0, "root may not look")  # others are to be kept out, this user's programs too
    answer = ana.json("lock")
    require(answer["was_open"] and answer["lock"] == "passphrase", "not what lock says: %s" % answer)
    ends(server, 1)  # lock has waited for it
    is_locked()
    require(not ana.json("lock")["was_open"], "locked twice")

    # When nobody uses it, and not before.
    server = ana.serve(options=unlock + ("--lock-after", "2s"))
    for _ in range(6):
        time.sleep(0.6)
        ana.run("team", "list")
    require(server.alive(), "it was locked while it was used")
    ends(server, 30)
    is_locked()

    # A command that has the home for itself cannot be told: soon said, and nothing changed.
    watch = subprocess.Popen([world.program, "--home", ana.path, "watch"] + list(unlock), stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, env=world.env)
    world.servers.append(watch)
    deadline = time.monotonic() + 30
    while ana.try_run("--quiet", "lock").code == 0:
        require(time.monotonic() < deadline, "watch does not open the home")
        time.sleep(0.1)
    began = time.monotonic()
    ana.fails([5], "lock")
    require(time.monotonic() - began < 20, "it took long to say that the home is in use")
    watch.kill()
    watch.wait()

    # Crashes leave nothing either.
    unlimited = lambda: resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        other = subprocess.Popen(["sleep", "60"], cwd=world.dir, preexec_fn=unlimited)
    except subprocess.SubprocessError:
        return print("    no core dumps here to begin with")
    can_dump = dumps_core(other)
    server = subprocess.Popen([world.program, "--home", ana.path, "serve"] + list(unlock), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, env=world.env, cwd=world.dir, preexec_fn=unlimited)
    world.servers.append(server)
    server.stdout.readline()
    has_dumped = dumps_core(server)
    server.stdout.close()
    require(is_sanitized or not has_dumped, "the crash left a dump")
    if not can_dump:
        print("    nothing dumps core here")
    require(b"quagga" in ana.run("doc", "show", "Opening/Plan", *unlock), "the document is lost")


class Desktop:
    """A session bus of its own, with a keyring on it that is unlocked as by a login."""

    PASSWORD = b"login password"
    KEYRING = "org.freedesktop.secrets"

    def __init__(self, world):
        for program in ("dbus-run-session", "dbus-send", "gnome-keyring-daemon"):
            if shutil.which(program) is None:
                raise Skip("needs %s (tools/packages)" % program)
        if not os.path.exists(os.path.join(os.path.dirname(world.program), "holm-keyring")):
            raise Skip("holm-keyring was not built: needs libsecret-1-dev (tools/packages)")
        self.world = world
        self.process = subprocess.Popen(
            ["dbus-run-session", "--", "sh", "-c", 'echo "$DBUS_SESSION_BUS_ADDRESS"; exec cat'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=world.env)
        world.servers.append(self)
        world.env["DBUS_SESSION_BUS_ADDRESS"] = self.process.stdout.readline().decode().strip()
        self.login()

    def send(self, to, path, method, *words):
        return subprocess.run(["dbus-send", "--session", "--print-reply", "--dest=" + to, path, method] + list(words),
                              env=self.world.env, check=True, stdout=subprocess.PIPE,
                              timeout=COMMAND_SECONDS).stdout.decode()

    def login(self):
        # Goes on by itself once it answers.
        subprocess.run(["gnome-keyring-daemon", "--daemonize", "--unlock", "--components=secrets"],
                       input=self.PASSWORD, env=self.world.env, check=True, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=COMMAND_SECONDS)

    def logout(self):
        answer = self.send("org.freedesktop.DBus", "/", "org.freedesktop.DBus.GetConnectionUnixProcessID",
                           "string:" + self.KEYRING)
        os.kill(int(answer.split()[-1]), 15)
        deadline = time.monotonic() + 30
        while "true" in self.send("org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner",
                                  "string:" + self.KEYRING):
            require(time.monotonic() < deadline, "the keyring does not end")
            time.sleep(0.02)

    def lock(self):
        self.send(self.KEYRING, "/org/freedesktop/secrets", "org.freedesktop.Secret.Service.Lock",
                  "array:objpath:/org/freedesktop/secrets/collection/login")

    def kill(self):
        if self.process.poll() is None:
            self.process.stdin.close()  # ends the session, and with the bus its keyring
            self.process.wait(COMMAND_SECONDS)
        self.process.stdout.close()


def scenario_keyring(world):
    """a home opens with the desktop's keyring, and with no other, and moves to a passphrase and back"""
    desktop = Desktop(world)
    ana = world.home("ana")
    ana.run("init", "--name", "Ana", "--keyring")
    ana.run("team", "create", "Tool library")
    ana.run("room", "new", "Opening")
    ana.run("doc", "new", "Opening/Plan", "--file", "-", stdin=b"planted words\n")
    store = [os.path.join(ana.path, "teams", name) for name in os.listdir(os.path.join(ana.path, "teams"))]
    before = [os.stat(path).st_ino for path in store]

    def has_text():
        require(b"planted words" in ana.run("doc", "show", "Opening/Plan"), "the document is not what it was")

    has_text()
    server = ana.serve()
    has_text()
    ana.run("lock")
    require(server.process.wait(COMMAND_SECONDS) == 0, "serve did not end well")

    # A backup opens without the keyring; the home, or a copy of it, does not.
    words, other = world.path("words"), world.path("other")
    for path, text in ((words, "river lamp seven copper"), (other, "ladder moss eleven tin")):
        with open(path, "w") as file:
            file.write(text + "\n")
    ana.fails([2], "backup", world.path("file"))
    ana.run("backup", world.path("file"), "--passphrase-file", words)
    address = world.env.pop("DBUS_SESSION_BUS_ADDRESS")
    back = world.home("back")
    back.run("backup", "restore", world.path("file"), "--passphrase-file", words)
    back.run("verify", "--deep", "--passphrase-file", words)
    key = open(os.path.join(ana.path, "key"), "rb").read()
    for lost in (None, "unix:path=" + world.path("nothing")):
        if lost:
            world.env["DBUS_SESSION_BUS_ADDRESS"] = lost
        for command in (["status"], ["serve"], ["passphrase", "remove"], ["backup", world.path("no")]):
            ran = ana.fails([5], *command)
            require(b"keyring" in ran.err, str(ran))
        world.home("nobody").fails([5], "init", "--name", "Nobody", "--keyring")
        require(not os.path.exists(world.path("nobody")), "something is left of a home that was not made")
    world.env["DBUS_SESSION_BUS_ADDRESS"] = address
    require(open(os.path.join(ana.path, "key"), "rb").read() == key, "a failure changed the key file")

    # Locked, with nobody to ask for the password: soon told.
    desktop.lock()
    for command in (["status"], ["passphrase", "remove"]):
        began = time.monotonic()
        ana.fails([5], *command)
        require(time.monotonic() - began < 65, "it took too long to say that the keyring is locked")
    desktop.logout()
    desktop.login()
    has_text()

    # Any way to any other; what the keyring held is of no use afterwards.
    ana.run("passphrase", "set", "--new-passphrase-file", words)
    ana.fails([5], "status")
    with open(os.path.join(ana.path, "key"), "rb") as file:
        current = file.read()
    with open(os.path.join(ana.path, "key"), "wb") as file:
        file.write(key)
    ana.fails([3], "status")  # as in a copy on another machine: this keyring has no key for it
    with open(os.path.join(ana.path, "key"), "wb") as file:
        file.write(current)
    ana.fails([4], "passphrase", "keyring", "--passphrase-file", other)
    ana.run("passphrase", "keyring", "--passphrase-file", words)
    has_text()
    ana.fails([2], "passphrase", "keyring")
    ana.run("passphrase", "remove")
    has_text()
    ana.run("passphrase", "keyring")
    has_text()
    require([os.stat(path).st_ino for path in store] == before, "a store was rewritten")
    ana.verify()


def scenario_lost(world):
    """a lost laptop: recovered by the phrase elsewhere, dropped, and its late work lands in the tray"""
    ana = world.home("ana")
    phrase = ana.json("init", "--name", "Ana", "--no-passphrase")["recovery_phrase"]
    ana.run("team", "create", "Tool library")
    bo = world.home("bo").init()
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Plan", "written before")
    server = ana.serve()
    bo.run("join", ana.json("invite")["code"], "--at", server.at)
    bo.run("sync", "--with", server.at)
    server.stop()
    with open(world.path("phrase"), "w", encoding="utf-8") as file:
        file.write(phrase + "\n")
    server = bo.serve()
    new = world.home("new")
    recover = ["recover", "--at", server.at, "--name", "Ana", "--no-passphrase", "--phrase-file"]
    new.fails([2], *recover, "-", stdin=phrase[:-1].encode() + b"x")
    require(not os.path.exists(os.path.join(new.path, "identity")), "a mistyped phrase made a home")
    stranger = world.home("stranger")
    other = stranger.json("init", "--name", "Eve", "--no-passphrase")["recovery_phrase"]
    require(b"knows nobody" in stranger.fails([4], "recover", "--at", server.at, "--phrase-file", "-",
                                               stdin=other.encode()).err, "whose phrase is it")
    back = new.json(*recover, world.path("phrase"))
    same([team["name"] for team in back["teams"]], ["Tool library"], "teams")
    new.run("sync", "--with", server.at)
    same(new.run("doc", "show", "Work/Plan"), b"written before", "what came back")
    devices = new.json("device", "list", "me")["devices"]
    same(len(devices), 2, "devices of Ana")
    (lost,) = [device["id"] for device in devices if not device["this"]]
    new.run("device", "drop", lost, "--yes")
    new.run("sync", "--with", server.at)
    ana.run("doc", "append", "Work/Plan", " and a thief's words")  # it has not heard of it
    ana.try_run("sync", "--with", server.at)
    new.run("sync", "--with", server.at)
    items = new.json("tray")["items"]
    require(items and "thief" in json.dumps(items), "the tray is %r" % items)
    same(new.run("doc", "show", "Work/Plan"), b"written before", "the text after it")
    server.stop()
    agree(new, bo)


def scenario_devices(world):
    """one more device by a code: two devices of one person edit a document; labels; safety words"""
    ana, bo = world.team("ana", "bo")
    ana.run("room", "new", "Work")
    ana.run("doc", "new", "Work/Plan", "begun. ")
    server = ana.serve()
    phone = world.home("phone").init()
    code = ana.json("device", "add", "--qr", world.path("code.png"))["code"]
    with open(world.path("code.png"), "rb") as file:
        require(file.read(8) == b"\x89PNG\r\n\x1a\n", "no PNG")
    joined = phone.json("join", "holm://join/" + code, "--at", server.at)
    same(joined["device_of"], "Ana", "whose device it is")
    words = [device["words"] for device in ana.json("device", "list", "me")["devices"] if not device["this"]]
    same(words, [joined["words"]], "words")
    world.home("third").init().fails([4], "join", code, "--at", server.at)
    phone.run("sync", "--with", server.at)
    ana.run("doc", "append", "Work/Plan", "from the laptop. ")
    phone.run("doc", "append", "Work/Plan", "from the phone. ")
    phone.run("sync", "--with", server.at)
    bo.run("sync", "--with", server.at)
    text = bo.run("doc", "show", "Work/Plan")
    require(b"laptop" in text and b"phone" in text, "text: %r" % text)
    phone.fails([4], "device", "add")
    (own,) = [device["id"] for device in phone.json("device", "list", "me")["devices"] if device["this"]]
    phone.run("device", "rename", own, "Pocket")
    bo.fails([4], "device", "rename", own, "Mine")
    phone.run("sync", "--with", server.at)
    require(b"Pocket" in ana.run("device", "list"), "the label did not arrive")
    same(bo.json("verify-member", "Ana")["words"], phone.json("verify-member", "Bo")["words"], "safety words")
    bo.run("verify-member", "Ana", "--same")
    require(b"yes" in bo.run("team", "members"), "verified does not show")
    bo.fails([2], "invite", "--expires", "0d")
    bo.run("sync", "--with", server.at)
    server.stop()
    agree(ana, bo, phone)


def scenario_demo(world):
    """the demo tells its story and ends well, in time"""
    began = time.monotonic()
    done = subprocess.run([world.program, "demo"], env=world.env, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=COMMAND_SECONDS)
    require(done.returncode == 0, done.stderr.decode(errors="replace"))
    require(len(done.stdout.splitlines()) > 5, "not much of a story")
    print("    %.1f s" % (time.monotonic() - began))


def main():
    scenarios = {name[len("scenario_"):]: value for name, value in globals().items() if name.startswith("scenario_")}
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", metavar="HOLM")
    parser.add_argument("scenario", nargs="*", help="one of: " + ", ".join(scenarios))
    parser.add_argument("--seed", type=int, default=int(os.environ.get("HOLM_SEED", "1")))
    parser.add_argument("--edits", type=int, default=25, help="random edits of each home in `apart`")
    parser.add_argument("--kills", type=int, default=5, help="how often `kill` and `kill_alone` kill")
    parser.add_argument("--flood", type=int, default=500, help="half-open connections in `noise`")
    options = parser.parse_args()
    unknown = set(options.scenario) - set(scenarios)
    if unknown:
        parser.error("no scenario %s; there are: %s" % (", ".join(sorted(unknown)), ", ".join(scenarios)))
    failed = 0
    for name in options.scenario or scenarios:
        world = World(os.path.abspath(options.program), options)
        began = time.monotonic()
        try:
            scenarios[name](world)
            print("ok    %-8s %s (%.1f s)" % (name, scenarios[name].__doc__, time.monotonic() - began))
        except Skip as why:
            print("skip  %-8s %s" % (name, why))
        except (Failure, subprocess.TimeoutExpired) as why:
            failed += 1
            print("FAIL  %-8s seed %d: %s" % (name, options.seed, why))
        finally:
            world.close()
        sys.stdout.flush()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""Dino on a screen of its own, used as a person would.

usage: dbus-run-session -- python dino.py FOLDER ADDRESS DOMAIN JID PASSWORD
  in a network namespace of its own (`ip netns exec`), whose /etc it changes for itself: DOMAIN is ADDRESS,
  and the certificate that is found there, on port 5222, is an authority that the system trusts.
reads one command per line from standard input:
  open JID        opens the conversation with somebody
  say TEXT        types it there, and Enter
  shot FILE       saves what is on the screen, with the contact's avatar, as a PNG
prints one JSON line for everything that Dino has noted: roster items and messages.
"""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import threading
import time

PATIENCE = 25
STEP = 0.1
# Of Dino 0.4; the other tables it makes itself.
ACCOUNT = """CREATE TABLE account (id INTEGER PRIMARY KEY AUTOINCREMENT, bare_jid TEXT NOT NULL UNIQUE,
    resourcepart TEXT, password TEXT, alias TEXT, enabled INTEGER, roster_version TEXT, mam_earliest_synced INTEGER)"""


def say(**what):
    print(json.dumps(what), flush=True)


def until(what, done):
    end = time.monotonic() + PATIENCE
    while not (result := done()):
        if time.monotonic() > end:
            say(event="gave-up", waiting_for=what)
            sys.exit(1)
        time.sleep(STEP)
    return result


def bound(file, text, over):
    """Puts a text over a file of the system, in this mount namespace only."""
    file.write_text(text)
    subprocess.run(["mount", "--bind", file, over], check=True)


def certificate(address, domain):
    got = subprocess.run(["openssl", "s_client", "-connect", f"{address}:5222", "-starttls", "xmpp",
                          "-xmpphost", domain], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----\n"
    return got.stdout[got.stdout.index(begin):got.stdout.index(end)] + end


class Dino:
    def __init__(self, folder, jid, password):
        self.home = folder
        data = folder / "data/dino"
        data.mkdir(parents=True)
        (folder / "run").mkdir(mode=0o700)
        os.environ.update(
            HOME=str(folder), XDG_DATA_HOME=str(folder / "data"), XDG_CONFIG_HOME=str(folder / "config"),
            XDG_CACHE_HOME=str(folder / "cache"), XDG_RUNTIME_DIR=str(folder / "run"), LC_ALL="C.UTF-8",
            GSETTINGS_BACKEND="memory", GDK_BACKEND="x11", GSK_RENDERER="cairo", GTK_A11Y="none", NO_AT_BRIDGE="1")
        self.file = data / "dino.db"
        with sqlite3.connect(self.file) as tables:
            tables.execute(ACCOUNT)
            tables.execute("INSERT INTO account (bare_jid, resourcepart, password, alias, enabled, roster_version, "
                           "mam_earliest_synced) VALUES (?, 'dino', ?, '', 1, '', 0)", (jid, password))
        self.running = [self.screen(), self.program("dino-im")]

    def program(self, *words):
        with open(self.home / "log", "a") as log:
            return subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def screen(self):
        read, write = os.pipe()
        with open(self.home / "log", "a") as log:
            screen = subprocess.Popen(["Xvfb", "-displayfd", str(write), "-screen", "0", "920x400x24",
                                       "-nolisten", "tcp"], pass_fds=[write], stdout=log, stderr=log)
        os.close(write)
        os.environ["DISPLAY"] = f":{os.fdopen(read).readline().strip()}"
        return screen

    def rows(self, question, *values):
        try:
            with sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=5) as tables:
                return tables.execute(question, values).fetchall()
        except sqlite3.OperationalError:
            # Not made yet.
            return []

    def watch(self):
        told = set()
        while True:
            for row in self.rows("SELECT jid, name, subscription FROM roster"):
                if row not in told:
                    told.add(row)
                    say(event="roster", jid=row[0], name=row[1], subscription=row[2])
            for number, direction, body in self.rows("SELECT id, direction, body FROM message ORDER BY id"):
                if number not in told:
                    told.add(number)
                    say(event="message", sent=bool(direction), body=body)
            time.sleep(STEP)

    def open(self, jid):
        self.program("dino-im", f"xmpp:{jid}?message")
        active = "SELECT 1 FROM conversation JOIN jid ON jid.id = jid_id WHERE active = 1 AND bare_jid = ?"
        until("a conversation", lambda: self.rows(active, jid))
        until("its window", lambda: self.keys("search", "--onlyvisible", "--class", "dino", "windowfocus"))
        say(event="open", jid=jid)

    def keys(self, *words):
        done = subprocess.run(["xdotool", *words], capture_output=True, text=True)
        return done.returncode == 0

    def say(self, text):
        sent = "SELECT 1 FROM message WHERE direction = 1 AND body = ?"
        tried = 0.0

        def done():
            nonlocal tried
            if self.rows(sent, text):
                return True
            # A window that has just opened may not have listened yet.
            if time.monotonic() > tried + 5:
                self.keys("key", "ctrl+a", "BackSpace")
                self.keys("type", text)
                self.keys("key", "Return")
                tried = time.monotonic()
            return False

        until("a message to be sent", done)

    def shot(self, file):
        """Waits until somebody's avatar has come, and nothing moves any more."""
        until("an avatar", lambda: any((self.file.parent / "avatars").glob("*")))
        before = None

        def still():
            nonlocal before
            now = subprocess.run(["import", "-window", "root", "rgb:-"], capture_output=True).stdout
            before, same = now, now == before
            return same

        until("a still picture", still)
        subprocess.run(["import", "-window", "root", file], check=True)
        say(event="shot", file=file)

    def end(self):
        for program in reversed(self.running):
            program.kill()


def main():
    folder, address, domain, jid, password = sys.argv[1:6]
    folder = pathlib.Path(folder)
    folder.mkdir()
    bound(folder / "authorities", certificate(address, domain), "/etc/ssl/certs/ca-certificates.crt")
    bound(folder / "hosts", f"127.0.0.1 localhost\n{address} {domain}\n", "/etc/hosts")
    dino = Dino(folder, jid, password)
    try:
        threading.Thread(target=dino.watch, daemon=True).start()
        for line in sys.stdin:
            verb, _, rest = line.strip().partition(" ")
            {"open": dino.open, "say": dino.say, "shot": dino.shot}[verb](rest)
    finally:
        dino.end()


main()

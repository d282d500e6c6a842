"""A stock XMPP library (slixmpp) logs in with what pairing gave, and talks to the receiver.

usage: chat_slixmpp.py JID PASSWORD HOST PORT     reads one command per line from standard input:
  say TO TEXT     sends a chat message
  vcard JID       asks for a vCard-temp
  quit            logs out
prints one JSON line for everything that happens.
"""
import asyncio
import json
import ssl
import sys

import slixmpp


def say(**what):
    print(json.dumps(what), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        self.register_plugin("xep_0030")
        self.register_plugin("xep_0054")
        self.register_plugin("xep_0184")
        self.register_plugin("xep_0199")
        # The certificate is the receiver's own: a stock client is told to trust it on first use.
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.heard)
        self.add_event_handler("roster_update", self.rostered)
        self.add_event_handler("got_online", lambda p: say(event="online", jid=str(p["from"]), status=p["status"]))
        self.add_event_handler("got_offline", lambda p: say(event="offline", jid=str(p["from"])))
        self.add_event_handler("failed_all_auth", lambda _: say(event="refused"))
        self.add_event_handler("connection_failed", lambda e: say(event="no-connection", why=str(e)))
        self.add_event_handler("disconnected", lambda e: say(event="disconnected", why=str(e)))
        self.add_event_handler("stream_error", lambda e: say(event="stream-error", condition=e["condition"]))

    async def started(self, _):
        say(event="started", jid=str(self.boundjid), tls=self.transport.get_extra_info("cipher") is not None)
        await self.get_roster()
        self.send_presence()

    def rostered(self, iq):
        items = {str(jid): {"name": item["name"], "subscription": item["subscription"]}
                 for jid, item in iq["roster"]["items"].items()}
        say(event="roster", kind=iq["type"], items=items)

    def heard(self, message):
        if message["body"]:
            say(event="message", sender=str(message["from"]), type=message["type"], body=message["body"])


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = Client(jid, password)
    client.connect(host, int(port))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        verb, _, rest = line.strip().partition(" ")
        if verb == "say":
            to, _, text = rest.partition(" ")
            client.send_message(mto=to, mbody=text, mtype="chat")
        elif verb == "vcard":
            try:
                got = await client.plugin["xep_0054"].get_vcard(slixmpp.JID(rest), timeout=10)
                say(event="vcard", jid=rest, fn=got["vcard_temp"]["FN"])
            except slixmpp.exceptions.IqError as error:
                say(event="vcard", jid=rest, error=error.condition)
        elif verb == "quit":
            break
    await client.disconnect()


asyncio.run(main())

"""Somebody far away with a stock XMPP library (slixmpp) and an account of their own.

usage: friend_slixmpp.py JID PASSWORD HOST PORT     reads one command per line from standard input:
  say TO TEXT            sends a chat message
  accept JID             answers a subscription request with yes, and asks back
  refuse JID             answers it with no
  ask JID                asks to subscribe
  drop JID               removes a contact: both subscriptions end
  probe JID              sends a presence probe
  presence TO            sends directed presence
  vcard JID              asks for a vCard-temp
  get NAMESPACE JID      asks any iq get with an empty <query/> of that namespace
  ping JID               pings
  raw XML                sends a stanza as it is
  quit                   logs out
prints one JSON line for everything that happens.
"""
import asyncio
import json
import ssl
import sys

import slixmpp
from slixmpp.xmlstream import ET


def say(**what):
    print(json.dumps(what), flush=True)


class Friend(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in ("xep_0030", "xep_0054", "xep_0172", "xep_0199"):
            self.register_plugin(plugin)
        # Nothing is accepted by itself.
        self.auto_authorize = None
        self.auto_subscribe = False
        # Whose certificate the server has is tested elsewhere.
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("message", self.heard)
        self.add_event_handler("message_error", self.bounced)
        self.add_event_handler("roster_update", self.rostered)
        self.add_event_handler("presence_subscribe", self.asked)
        for kind in ("subscribed", "unsubscribe", "unsubscribed", "error"):
            self.add_event_handler(f"presence_{kind}", self.presence(kind))
        self.add_event_handler("presence_available", self.presence("available"))
        self.add_event_handler("presence_unavailable", self.presence("unavailable"))
        self.add_event_handler("failed_all_auth", lambda _: say(event="refused"))
        self.add_event_handler("connection_failed", lambda e: say(event="no-connection", why=str(e)))
        self.add_event_handler("disconnected", lambda e: say(event="disconnected", why=str(e)))
        self.add_event_handler("stream_error", lambda e: say(event="stream-error", condition=e["condition"]))

    async def started(self, _):
        await self.get_roster()
        self.send_presence()
        say(event="started", jid=str(self.boundjid))

    def asked(self, presence):
        say(event="asked", jid=str(presence["from"].bare), nick=presence["nick"]["nick"],
            status=presence["status"])

    def presence(self, kind):
        def told(presence):
            what = {"event": kind, "jid": str(presence["from"]), "status": presence["status"]}
            if kind == "error":
                what["condition"] = presence["error"]["condition"]
            say(**what)
        return told

    def rostered(self, iq):
        items = {str(jid): {"name": item["name"], "subscription": item["subscription"]}
                 for jid, item in iq["roster"]["items"].items()}
        say(event="roster", kind=iq["type"], items=items)

    def heard(self, message):
        # An error is told by `bounced`.
        if message["body"] and message["type"] != "error":
            say(event="message", sender=str(message["from"]), type=message["type"], body=message["body"],
                id=message["id"])

    def bounced(self, message):
        say(event="bounced", sender=str(message["from"]), condition=message["error"]["condition"],
            text=message["error"]["text"], body=message["body"], id=message["id"])

    async def query(self, namespace, to):
        iq = self.make_iq_get(ito=to)
        iq.append(ET.Element(f"{{{namespace}}}query"))
        await self.answered("got", namespace, to, iq.send(timeout=20))

    async def answered(self, event, what, to, sent):
        try:
            answer = await sent
            say(event=event, what=what, jid=to, xml=str(answer) if answer is not None else "")
        except slixmpp.exceptions.IqError as error:
            say(event=event, what=what, jid=to, error=error.condition, text=error.text,
                xml=str(error.iq["error"]))
        except slixmpp.exceptions.IqTimeout:
            say(event=event, what=what, jid=to, error="time-out")

    async def vcard(self, to):
        try:
            got = await self.plugin["xep_0054"].get_vcard(slixmpp.JID(to), timeout=20)
            say(event="vcard", jid=to, fn=got["vcard_temp"]["FN"])
        except slixmpp.exceptions.IqError as error:
            say(event="vcard", jid=to, error=error.condition)
        except slixmpp.exceptions.IqTimeout:
            say(event="vcard", jid=to, error="time-out")

    def told(self, verb, rest):
        one, _, text = rest.partition(" ")
        if verb == "say":
            self.send_message(mto=one, mbody=text, mtype="chat")
        elif verb == "accept":
            self.send_presence(pto=one, ptype="subscribed")
            self.send_presence(pto=one, ptype="subscribe")
        elif verb == "refuse":
            self.send_presence(pto=one, ptype="unsubscribed")
        elif verb == "ask":
            self.send_presence(pto=one, ptype="subscribe")
        elif verb == "drop":
            self.del_roster_item(one)
        elif verb == "probe":
            self.send_presence(pto=one, ptype="probe")
        elif verb == "presence":
            self.send_presence(pto=one)
        elif verb == "vcard":
            asyncio.create_task(self.vcard(one))
        elif verb == "get":
            asyncio.create_task(self.query(one, text))
        elif verb == "ping":
            ping = self.make_iq_get(ito=one)
            ping.append(ET.Element("{urn:xmpp:ping}ping"))
            asyncio.create_task(self.answered("pong", "ping", one, ping.send(timeout=20)))
        elif verb == "raw":
            self.send_raw(rest)
        else:
            say(event="what?", line=f"{verb} {rest}")


async def main():
    jid, password, host, port = sys.argv[1:5]
    friend = Friend(jid, password)
    friend.connect(host, int(port))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        verb, _, rest = line.strip().partition(" ")
        if verb == "quit":
            break
        friend.told(verb, rest)
    await friend.disconnect()


asyncio.run(main())

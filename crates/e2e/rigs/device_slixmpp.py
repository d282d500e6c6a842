"""One device of an account, by a stock XMPP library (slixmpp) with what today's clients use.

usage: device_slixmpp.py JID PASSWORD HOST PORT     reads one command per line from standard input:
  say TO TEXT               sends a chat message
  burst COUNT TO TEXT       sends COUNT of them: "TEXT 1", "TEXT 2" and so on
  archive SIZE [AFTER]      reads the archive (XEP-0313) in pages of SIZE, after an archived message's id
  latest COUNT              reads the last COUNT messages of it, the newest first
  lost                      closes the connection without a word, as a system does that changes networks
  back                      connects again, and comes back to its session if it can (XEP-0198)
  bookmark ROOM NICK NAME   keeps a bookmark (XEP-0402)
  bookmarks                 reads them
  avatar                    publishes a picture (XEP-0084)
  picture JID ID            reads somebody's picture
  card NAME                 sets the vCard (XEP-0054) to one with this name
  vcard JID                 reads somebody's
  block JID | unblock JID | blocked         the block list (XEP-0191)
  quit                      logs out
prints one JSON line for everything that happens.
"""
import asyncio
import base64
import hashlib
import json
import ssl
import sys

import slixmpp
from slixmpp.exceptions import IqError, IqTimeout
from slixmpp.plugins.xep_0402 import stanza as bookmark
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import StanzaPath

PLUGINS = ("xep_0030", "xep_0054", "xep_0059", "xep_0060", "xep_0084", "xep_0115", "xep_0163", "xep_0191",
           "xep_0198", "xep_0199", "xep_0203", "xep_0280", "xep_0313", "xep_0359")
# One dot, 1 by 1.
PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")
PATIENCE = 20


def say(**what):
    print(json.dumps(what), flush=True)


def spoken(message):
    return {"sender": str(message["from"]), "to": str(message["to"]), "body": message["body"]}


class Device(slixmpp.ClientXMPP):
    def __init__(self, jid, password):
        super().__init__(jid, password)
        for plugin in PLUGINS:
            self.register_plugin(plugin)
        bookmark.register_plugin()
        # The certificate is the receiver's own: a stock client is told to trust it on first use.
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("session_resumed", lambda _: say(event="resumed"))
        self.add_event_handler("sm_failed", lambda _: say(event="not-resumed"))
        self.add_event_handler("message", self.heard)
        self.add_event_handler("message_error", self.bounced)
        self.add_event_handler("carbon_sent", lambda m: self.carbon("sent", m["carbon_sent"]))
        self.add_event_handler("carbon_received", lambda m: self.carbon("received", m["carbon_received"]))
        self.add_event_handler("presence_available", lambda p: say(event="online", jid=str(p["from"])))
        self.add_event_handler("avatar_metadata_publish", self.avatar_seen)
        self.add_event_handler("failed_all_auth", lambda _: say(event="refused"))
        self.add_event_handler("disconnected", lambda why: say(event="disconnected", why=str(why)))
        self.add_event_handler("stream_error", lambda e: say(event="stream-error", condition=e["condition"]))
        self.add_event_handler("blocked", self.listed("block"))
        self.add_event_handler("unblocked", self.listed("unblock"))
        self.register_handler(Callback("events", StanzaPath("message/pubsub_event/items"), self.published))

    async def started(self, _):
        self.plugin["xep_0163"].add_interest(bookmark.NS)
        await self.get_roster()
        await self.plugin["xep_0280"].enable()
        await self.plugin["xep_0115"].update_caps(broadcast=False)
        self.send_presence()
        say(event="started", jid=str(self.boundjid), managed=bool(self.plugin["xep_0198"].sm_id))

    def heard(self, message):
        if message["body"] and message["type"] != "error":
            say(event="message", delayed="urn:xmpp:delay" in str(message), **spoken(message))

    def bounced(self, message):
        say(event="bounced", condition=message["error"]["condition"], **spoken(message))

    def carbon(self, direction, carbon):
        say(event="carbon", direction=direction, **spoken(carbon))

    def published(self, message):
        items = message["pubsub_event"]["items"]
        say(event="published", sender=str(message["from"]), node=items["node"],
            ids=[item["id"] for item in items["substanzas"] if item.name == "item"])

    def avatar_seen(self, message):
        info = message["pubsub_event"]["items"]["item"]["avatar_metadata"]["info"]
        say(event="avatar", sender=str(message["from"]), id=info["id"], type=info["type"], bytes=info["bytes"])

    def listed(self, kind):
        def told(iq):
            say(event=f"{kind}-push", jids=sorted(str(item["jid"]) for item in iq[kind]))
            iq.reply().send()
        return told

    async def archive(self, size, after=None):
        bodies, ids = [], []
        page = {"max": int(size)}
        if after:
            page["after"] = after
        async for message in self.plugin["xep_0313"].iterate(rsm=page):
            result = message["mam_result"]
            ids.append(result["id"])
            bodies.append(result["forwarded"]["stanza"]["body"])
        say(event="archived", bodies=bodies, ids=ids)

    async def latest(self, count):
        found = self.plugin["xep_0313"].iterate(rsm={"max": int(count)}, reverse=True, total=int(count))
        bodies = [message["mam_result"]["forwarded"]["stanza"]["body"] async for message in found]
        say(event="latest", bodies=bodies)

    async def bookmark(self, room, nick, *name):
        conference = bookmark.Conference()
        conference["name"], conference["nick"], conference["autojoin"] = " ".join(name), nick, True
        options = self.plugin["xep_0004"].make_form(ftype="submit")
        for var, value in (("FORM_TYPE", "http://jabber.org/protocol/pubsub#publish-options"),
                           ("pubsub#persist_items", "true"), ("pubsub#max_items", "max"),
                           ("pubsub#send_last_published_item", "never"), ("pubsub#access_model", "whitelist")):
            options.add_field(var=var, value=value, ftype="hidden" if var == "FORM_TYPE" else None)
        await self.plugin["xep_0163"].publish(conference, id=room, options=options, timeout=PATIENCE)
        say(event="bookmarked", room=room)

    async def bookmarks(self):
        answer = await self.plugin["xep_0060"].get_items(self.boundjid.bare, bookmark.NS, timeout=PATIENCE)
        say(event="bookmarks", rooms={item["id"]: [item["conference"]["name"], item["conference"]["nick"],
                                                   item["conference"]["autojoin"]]
                                      for item in answer["pubsub"]["items"]})

    async def avatar(self):
        avatars = self.plugin["xep_0084"]
        name = avatars.generate_id(PNG)
        await avatars.publish_avatar(PNG, timeout=PATIENCE)
        info = {"id": name, "type": "image/png", "bytes": str(len(PNG)), "width": "1", "height": "1"}
        await avatars.publish_avatar_metadata(info, timeout=PATIENCE)
        say(event="avatar-published", id=name)

    async def picture(self, jid, name):
        answer = await self.plugin["xep_0084"].retrieve_avatar(slixmpp.JID(jid), name, timeout=PATIENCE)
        data = answer["pubsub"]["items"]["item"]["avatar_data"]["value"]
        say(event="picture", sha1=hashlib.sha1(data).hexdigest(), bytes=len(data))

    async def card(self, *name):
        vcard = self.plugin["xep_0054"].make_vcard()
        vcard["FN"] = " ".join(name)
        await self.plugin["xep_0054"].publish_vcard(vcard, timeout=PATIENCE)
        say(event="card-set")

    async def vcard(self, jid):
        got = await self.plugin["xep_0054"].get_vcard(slixmpp.JID(jid), cached=False, timeout=PATIENCE)
        say(event="vcard", jid=jid, fn=got["vcard_temp"]["FN"])

    async def block(self, jid):
        await self.plugin["xep_0191"].block(slixmpp.JID(jid), timeout=PATIENCE)
        say(event="blocked", jid=jid)

    async def unblock(self, jid):
        await self.plugin["xep_0191"].unblock(slixmpp.JID(jid), timeout=PATIENCE)
        say(event="unblocked", jid=jid)

    async def blocked(self):
        jids = await self.plugin["xep_0191"].get_blocked_jids(timeout=PATIENCE)
        say(event="block-list", jids=sorted(str(jid) for jid in jids))

    async def asked(self, verb, words):
        """Runs what waits for an answer; a refusal is an event as well."""
        try:
            await getattr(self, verb)(*words)
        except IqError as error:
            say(event="refusal", of=verb, condition=error.condition, text=error.text)
        except IqTimeout:
            say(event="refusal", of=verb, condition="time-out")

    async def told(self, line):
        verb, *words = line.split(" ")
        if verb == "say":
            self.send_message(mto=words[0], mbody=" ".join(words[1:]), mtype="chat")
        elif verb == "burst":
            for number in range(1, int(words[0]) + 1):
                self.send_message(mto=words[1], mbody=f"{' '.join(words[2:])} {number}", mtype="chat")
        elif verb == "lost":
            self.abort()
        elif verb == "back":
            self.connect(*self.address_of_server)
        elif verb in ASKED:
            asyncio.create_task(self.asked(verb, words))
        else:
            say(event="what?", line=line)


ASKED = ("archive", "latest", "bookmark", "bookmarks", "avatar", "picture", "card", "vcard",
         "block", "unblock", "blocked")


async def main():
    jid, password, host, port = sys.argv[1:5]
    device = Device(jid, password)
    device.address_of_server = (host, int(port))
    device.connect(host, int(port))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        if line.strip() == "quit":
            break
        await device.told(line.strip())
    await device.disconnect()


asyncio.run(main())

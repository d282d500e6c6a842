"""A stock XMPP library (slixmpp) uploads a file to the receiver, and fetches it again (XEP-0363).

usage: upload_slixmpp.py JID PASSWORD HOST PORT FILE
prints one JSON line for everything that happens.
"""
import asyncio
import hashlib
import io
import json
import ssl
import sys

import aiohttp
import slixmpp
from slixmpp.plugins.xep_0363 import FileTooBig, http_upload


# The certificate is the receiver's own: a stock client is told to trust it on first use.
def trusting(*args, **kwargs):
    return aiohttp.ClientSession(*args, connector=aiohttp.TCPConnector(ssl=False), **kwargs)


http_upload.ClientSession = trusting


def say(**what):
    print(json.dumps(what), flush=True)


class Client(slixmpp.ClientXMPP):
    def __init__(self, jid, password, path):
        super().__init__(jid, password)
        self.path = path
        for plugin in ("xep_0030", "xep_0363"):
            self.register_plugin(plugin)
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.add_event_handler("session_start", self.started)

    async def started(self, _):
        try:
            await self.upload()
        except Exception as error:
            say(event="failed", text=repr(error))
        self.disconnect()

    async def upload(self):
        plugin = self.plugin["xep_0363"]
        url = await plugin.upload_file(self.path, content_type="image/jpeg", timeout=10)
        say(event="uploaded", url=url)
        async with trusting() as http, http.get(url) as response:
            body = await response.read()
            say(
                event="fetched",
                status=response.status,
                kind=response.headers["content-type"],
                sha256=hashlib.sha256(body).hexdigest(),
            )
        try:
            await plugin.upload_file(
                "huge.jpg", size=1 << 40, content_type="image/jpeg", input_file=io.BytesIO(), timeout=10
            )
        except FileTooBig:
            say(event="too big")


jid, password, host, port, path = sys.argv[1:]
client = Client(jid, password, path)
client.connect(host, int(port))
client.loop.run_until_complete(asyncio.wait_for(client.disconnected, 60))

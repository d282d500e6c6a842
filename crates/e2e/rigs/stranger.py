"""A server of one's own without manners: streams between servers, spoken by hand.

usage: stranger.py ADDRESS HOST PORT      from ADDRESS to the server at HOST PORT; reads one command
per line from standard input:
  open NAME FROM TO [CERTIFICATE KEY]  opens a stream and secures it with STARTTLS
  send NAME XML                        sends XML as it is
  external NAME                        SASL EXTERNAL with bidi asked for, then a new stream
  flood NAME COUNT XML                 sends XML COUNT times, N being counted in {n}
  half COUNT STAGE                     opens COUNT connections and leaves them: "tcp", "header" or "tls"
  quit
prints one JSON line for everything that happens; "stanza" for every child of a stream.
"""
import asyncio
import base64
import json
import resource
import ssl
import sys
import xml.etree.ElementTree as ET

STREAM = "http://etherx.jabber.org/streams"
PATIENCE = 20


def say(**what):
    print(json.dumps(what), flush=True)


class Stream:
    def __init__(self, name, own, peer, files):
        self.name, self.own, self.peer = name, own, peer
        self.inbox = asyncio.Queue()
        self.tls = ssl.create_default_context()
        self.tls.check_hostname = False
        self.tls.verify_mode = ssl.CERT_NONE
        if files:
            self.tls.load_cert_chain(*files)

    async def open(self, address, host, port):
        self.reader, self.writer = await asyncio.open_connection(host, port, local_addr=(address, 0))
        self.listen()
        await self.hello()
        await self.child("features")
        self.write("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
        await self.child("proceed")
        # Nothing may be read while the transport changes.
        self.task.cancel()
        await self.writer.start_tls(self.tls, server_hostname=self.peer)
        self.listen()
        await self.hello()
        features = await self.child("features")
        say(event="open", name=self.name, features=features)

    def listen(self):
        self.parser = ET.XMLPullParser(["start", "end"])
        self.depth = 0
        self.task = asyncio.create_task(self.read())

    async def hello(self):
        self.parser = ET.XMLPullParser(["start", "end"])
        self.depth = 0
        origin = f" from='{self.own}'" if self.own else ""
        self.write(f"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:db='jabber:server:dialback' "
                   f"xmlns:stream='{STREAM}' version='1.0'{origin} to='{self.peer}'>")
        await self.writer.drain()

    def write(self, text):
        self.writer.write(text.encode())

    async def child(self, tag):
        while True:
            found, xml = await asyncio.wait_for(self.inbox.get(), PATIENCE)
            if found == tag:
                return xml
            if found in ("error", "closed"):
                raise ConnectionError(xml)

    async def read(self):
        try:
            while data := await self.reader.read(65536):
                self.parser.feed(data)
                for event, element in self.parser.read_events():
                    self.depth += 1 if event == "start" else -1
                    if event == "end" and self.depth == 1:
                        self.told(element)
        except (OSError, ET.ParseError, ssl.SSLError) as error:
            say(event="broken", name=self.name, why=str(error))
        say(event="closed", name=self.name)
        self.inbox.put_nowait(("closed", "closed"))

    def told(self, element):
        tag = element.tag.rsplit("}", 1)[-1]
        xml = ET.tostring(element, encoding="unicode")
        say(event="stanza", name=self.name, tag=tag, xml=xml, attributes=element.attrib)
        self.inbox.put_nowait((tag, xml))

    async def external(self):
        self.write("<bidi xmlns='urn:xmpp:bidi'/>")
        said = base64.b64encode(self.own.encode()).decode()
        self.write(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='EXTERNAL'>{said}</auth>")
        await self.child("success")
        await self.hello()
        features = await self.child("features")
        say(event="authenticated", name=self.name, features=features)


async def half(count, stage, address, host, port, held):
    """Opens connections that never go further; says how many were taken, and how many are let live."""
    async def one():
        try:
            streams = await asyncio.wait_for(asyncio.open_connection(host, port, local_addr=(address, 0)), PATIENCE)
        except (OSError, asyncio.TimeoutError):
            return False
        held.append(streams)
        reader, writer = streams
        if stage == "header":
            writer.write(b"<?xml version='1.0'?><stream:stream xmlns='jabber:server' ")
        elif stage == "tls":
            writer.write(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03")
        return True
    opened = 0
    for start in range(0, count, 100):
        opened += sum(await asyncio.gather(*(one() for _ in range(min(100, count - start)))))
    say(event="half", stage=stage, opened=opened)


async def told(line, streams, held, where):
    verb, _, rest = line.partition(" ")
    if verb == "open":
        name, own, peer, *files = rest.split(" ")
        streams[name] = Stream(name, "" if own == "-" else own, peer, files)
        await streams[name].open(*where)
    elif verb == "send":
        name, _, xml = rest.partition(" ")
        streams[name].write(xml)
        await streams[name].writer.drain()
    elif verb == "external":
        await streams[rest].external()
    elif verb == "flood":
        name, count, xml = rest.split(" ", 2)
        for n in range(int(count)):
            streams[name].write(xml.replace("{n}", str(n)))
            if n % 50 == 0:
                await asyncio.wait_for(streams[name].writer.drain(), PATIENCE)
        say(event="flooded", name=name, count=int(count))
    elif verb == "half":
        count, stage = rest.split(" ")
        await half(int(count), stage, *where, held)


async def main():
    address, host, port = sys.argv[1:4]
    streams, held = {}, []
    # Many connections are many files.
    resource.setrlimit(resource.RLIMIT_NOFILE, (4096, max(4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1])))
    reader = asyncio.StreamReader(limit=1 << 20)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while (line := (await reader.readline()).decode().strip()) and line != "quit":
        try:
            await told(line, streams, held, (address, host, int(port)))
        except (OSError, asyncio.TimeoutError, ssl.SSLError) as error:
            say(event="failed", line=line[:200], why=f"{type(error).__name__}: {error}")


asyncio.run(main())

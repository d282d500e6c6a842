"""A peer on the link that says exactly what it is told to: announced by python-zeroconf, its streams
written by hand. Every line of standard input is a JSON object with "do"; every line printed is one with
"event". It ends with its input, without a goodbye.

{"do": "announce", "name": "user@machine", "host": "machine", "port": 5298, "txt": {...}, "count": N}
    announces it (N of them: user-0@machine ...) -> announced
{"do": "txt", "name": ..., "txt": {...}}     tells another TXT record
{"do": "goodbye", "name": ...}               takes it back with a goodbye -> gone
{"do": "browse"}                             -> added, updated, removed: name, port, addresses, txt
{"do": "listen", "port": 5298}               -> listening; then accepted: id, address
{"do": "connect", "host": ..., "port": ...}  -> connected: id (or refused)
{"do": "write", "id": ..., "text": ..., "times": N}   -> wrote: took (whether the other side took it all)
{"do": "tls", "id": ..., "certificate": FILE, "key": FILE, "server": bool}   -> secured: sha256 (or refused)
{"do": "close", "id": ...}
What is read is told as read: id, text; the end of a connection as closed: id.
"""
import hashlib
import json
import os
import selectors
import socket
import ssl
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

KIND = "_presence._tcp.local."
WRITING = 10  # seconds that the other side may take


def tell(event, **more):
    print(json.dumps({"event": event} | more), flush=True)


class Peer:
    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.zeroconf = None
        self.announced = {}
        self.sockets = {}
        self.browser = None

    def link(self):
        if self.zeroconf is None:
            self.zeroconf = Zeroconf(ip_version=IPVersion.All)
        return self.zeroconf

    def announce(self, name, port=5298, host="peer", txt=None, count=0):
        addresses = subprocess.check_output(
            ["ip", "-o", "addr", "show", "dev", "eth0", "scope", "global"], text=True)
        addresses = [line.split()[3].split("/")[0] for line in addresses.splitlines()]
        user, _, machine = name.partition("@")
        names = [f"{user}-{n}@{machine}" for n in range(count)] or [name]
        self.link()

        def one_of(one):
            info = ServiceInfo(KIND, f"{one}.{KIND}", port=port, server=f"{host}.local.",
                               parsed_addresses=addresses, properties=txt or {"txtvers": "1"})
            # Whether the name is free is for others to defend.
            self.zeroconf.register_service(info, cooperating_responders=True)
            self.announced[one] = info
        # Each takes most of a second.
        with ThreadPoolExecutor(50) as pool:
            list(pool.map(one_of, names))
        tell("announced", name=name, count=len(names))

    def txt(self, name, txt):
        old = self.announced[name]
        info = ServiceInfo(KIND, old.name, port=old.port, server=old.server,
                           parsed_addresses=old.parsed_addresses(), properties=txt)
        self.announced[name] = info
        self.link().update_service(info)

    def goodbye(self, name):
        self.link().unregister_service(self.announced.pop(name))
        tell("gone", name=name)

    def browse(self):
        def changed(zeroconf, service_type, name, state_change):
            more = {"name": name.removesuffix(f".{KIND}")}
            if state_change is not ServiceStateChange.Removed:
                info = ServiceInfo(service_type, name)
                if info.request(zeroconf, 3000):
                    more |= {"port": info.port, "addresses": info.parsed_scoped_addresses(),
                             "txt": {k.decode(): (v or b"").decode()
                                     for k, v in info.properties.items()}}
            tell(state_change.name.lower(), **more)
        self.browser = ServiceBrowser(self.link(), KIND, handlers=[changed])

    def keep(self, connection):
        connection.settimeout(WRITING)
        number = len(self.sockets)
        self.sockets[number] = connection
        self.selector.register(connection, selectors.EVENT_READ, lambda: self.read(number))
        return number

    def listen(self, port=5298):
        listener = socket.create_server(("", port), family=socket.AF_INET6, dualstack_ipv6=True)

        def accept():
            connection, address = listener.accept()
            tell("accepted", id=self.keep(connection), address=address[0])
        self.selector.register(listener, selectors.EVENT_READ, accept)
        tell("listening", port=port)

    def connect(self, host, port=5298):
        try:
            connection = socket.create_connection((host, port), 5)
        except OSError as error:
            return tell("refused", why=str(error))
        tell("connected", id=self.keep(connection))

    def read(self, number):
        connection = self.sockets[number]
        try:
            data = connection.recv(65536)
            while isinstance(connection, ssl.SSLSocket) and connection.pending():
                data += connection.recv(65536)
        except ssl.SSLWantReadError:
            return
        except OSError as error:
            data = b""
            tell("broken", id=number, why=str(error))
        if data:
            tell("read", id=number, text=data.decode(errors="replace"))
        else:
            self.selector.unregister(connection)
            connection.close()
            tell("closed", id=number)

    def write(self, id, text, times=1):
        try:
            for _ in range(times):
                self.sockets[id].sendall(text.encode())
            took = True
        except OSError:
            took = False
        if times > 1:
            tell("wrote", id=id, took=took)

    def tls(self, id, certificate=None, key=None, server=False):
        connection = self.sockets[id]
        self.selector.unregister(connection)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if server else ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if certificate:
            context.load_cert_chain(certificate, key)
        try:
            secured = context.wrap_socket(connection, server_side=server)
        except OSError as error:
            connection.close()
            return tell("refused", id=id, why=str(error))
        self.sockets[id] = secured
        self.selector.register(secured, selectors.EVENT_READ, lambda: self.read(id))
        theirs = secured.getpeercert(binary_form=True)
        tell("secured", id=id, version=secured.version(),
             sha256=hashlib.sha256(theirs).hexdigest() if theirs else None)

    def close(self, id):
        try:
            self.sockets[id].shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def obey(self, line):
        words = json.loads(line)
        getattr(self, words.pop("do"))(**words)

    def run(self):
        rest = b""
        self.selector.register(sys.stdin.buffer.raw, selectors.EVENT_READ, None)
        while True:
            for key, _ in self.selector.select():
                if key.data is not None:
                    key.data()
                    continue
                data = sys.stdin.buffer.raw.read(65536)
                if not data:
                    return
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    self.obey(line)


Peer().run()
# No goodbye: whoever wants one says so.
sys.stdout.flush()
os._exit(0)

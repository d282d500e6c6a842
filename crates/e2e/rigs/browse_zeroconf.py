"""An independent Bonjour browser (python-zeroconf): prints one JSON line per service that comes,
changes or goes, for as long as standard input is open.

usage: browse_zeroconf.py TYPE...     in a network namespace of its own
"""
import json
import sys

from zeroconf import IPVersion, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf


def changed(zeroconf, service_type, name, state_change):
    what = {"event": state_change.name.lower(), "type": service_type, "name": name}
    if state_change is not ServiceStateChange.Removed:
        info = ServiceInfo(service_type, name)
        # IPv4 and IPv6 addresses come in packets of their own: ask until both are there.
        for _ in range(6):
            if info.request(zeroconf, 1000) and len({":" in a for a in info.parsed_addresses()}) == 2:
                break
        if info.server:
            what |= {"server": info.server, "port": info.port, "addresses": info.parsed_addresses(),
                     "txt": {k.decode(): (v or b"").decode() for k, v in info.properties.items()}}
    print(json.dumps(what), flush=True)


zeroconf = Zeroconf(ip_version=IPVersion.All)
browser = ServiceBrowser(zeroconf, [f"{kind}.local." for kind in sys.argv[1:]], handlers=[changed])
sys.stdin.read()
zeroconf.close()

"""A Digest client nobody here wrote (python-requests) pairs as the 2010 draft says.

usage: pair_requests.py BASE_URL DEVICE_NAME     reads the code from standard input once asked;
prints one JSON line per step.
"""
import json
import sys

import requests
from requests.auth import HTTPDigestAuth


def say(**step):
    print(json.dumps(step), flush=True)


base, name = sys.argv[1:3]
first = requests.get(f"{base}/pair", params={"device-name": name}, allow_redirects=False, timeout=10)
say(step="pair", status=first.status_code, location=first.headers.get("Location"))
url = requests.compat.urljoin(base + "/", first.headers["Location"])
bare = requests.get(url, allow_redirects=False, timeout=10)
say(step="bare", status=bare.status_code, challenge=bare.headers.get("WWW-Authenticate"))
uuid = url.rsplit("/", 1)[1]
code = sys.stdin.readline().strip()
done = requests.get(url, auth=HTTPDigestAuth(uuid, code), allow_redirects=False, timeout=10)
say(step="done", status=done.status_code, uuid=uuid, location=done.headers.get("Location"),
    info=done.headers.get("Authentication-Info"), link=done.headers.get("Link"), body=done.text)

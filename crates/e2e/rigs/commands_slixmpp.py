"""A stock XMPP library (slixmpp) carries out ad-hoc commands (XEP-0050).

usage: commands_slixmpp.py JID PASSWORD HOST PORT     reads one command per line from standard input:
  list TO                      lists the commands there
  run TO NODE [JSON]           carries one out; JSON is a list of objects, one for each form
  quit                         logs out
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
        self.register_plugin("xep_0004")
        self.register_plugin("xep_0050")
        # The certificate is the receiver's own: a stock client is told to trust it on first use.
        self.ssl_context = ssl.create_default_context()
        self.ssl_context.check_hostname = False
        self.ssl_context.verify_mode = ssl.CERT_NONE
        self.add_event_handler("session_start", self.started)
        self.add_event_handler("failed_all_auth", lambda _: say(event="refused"))
        self.add_event_handler("connection_failed", lambda e: say(event="no-connection", why=str(e)))

    async def started(self, _):
        self.send_presence()
        say(event="started", jid=str(self.boundjid))

    async def list(self, to):
        items = await self.plugin["xep_0050"].get_commands(jid=to, local=False)
        nodes = [node for _, node, _ in items["disco_items"]["items"]]
        say(event="commands", nodes=nodes)

    async def run(self, to, node, answers):
        commands = self.plugin["xep_0050"]
        result = (await commands.send_command(to, node))["command"]
        for answer in answers:
            form = self.plugin["xep_0004"].make_form(ftype="submit")
            for var, value in answer.items():
                form.add_field(var=var, value=value)
            session = result["sessionid"]
            action = "complete" if "complete" in result["actions"] else "next"
            result = (await commands.send_command(
                to, node, sessionid=session, action=action, payload=form))["command"]
        form = result["form"]
        fields = {var: field["value"] for var, field in form.get_fields().items() if var}
        say(event="command", node=node, status=result["status"], fields=fields,
            notes=[text for _, text in result["notes"]], title=form["title"])


async def main():
    jid, password, host, port = sys.argv[1:5]
    client = Client(jid, password)
    client.connect(host, int(port))
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := (await reader.readline()).decode():
        verb, _, rest = line.strip().partition(" ")
        try:
            if verb == "list":
                await client.list(rest)
            elif verb == "run":
                to, node, *answers = rest.split(" ", 2)
                answers = json.loads(answers[0]) if answers else []
                await client.run(to, node, answers)
            elif verb == "quit":
                break
        except slixmpp.exceptions.IqError as error:
            say(event="error", condition=error.condition, text=error.text)
    await client.disconnect()


asyncio.run(main())

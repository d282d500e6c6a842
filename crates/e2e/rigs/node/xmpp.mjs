// xmpp.js as a client of the receiver: JSON out, a line each.
// Usage: node xmpp.mjs SERVICE DOMAIN USER PASSWORD TO TEXT
import WebSocket from "ws";

// Node.js 20 has none of its own; the library takes the browser's.
globalThis.WebSocket ??= WebSocket;
const { client, xml } = await import("@xmpp/client");

const [service, domain, username, password, to, text] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));

// The receiver's certificate is its own; what proves it here is that it is on this machine.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0";

const xmpp = client({ service, domain, username, password, resource: "node" });
xmpp.on("error", (error) => say("error", { text: String(error) }));
xmpp.on("stanza", (stanza) => {
  const body = stanza.is("message") && stanza.getChildText("body");
  if (body) say("message", { from: stanza.attrs.from, body });
});
xmpp.on("online", async (jid) => {
  say("online", { jid: jid.toString() });
  await xmpp.send(xml("presence"));
  await xmpp.send(xml("message", { type: "chat", to }, xml("body", {}, text)));
});
xmpp.on("offline", () => {
  say("offline");
  process.exit(0);
});
process.stdin.on("data", () => xmpp.stop());
process.stdin.on("end", () => process.exit(0));
await xmpp.start().catch((error) => say("failed", { text: String(error) }));

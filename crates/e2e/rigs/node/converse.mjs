// Converse.js in headless Chromium, over WebSocket: JSON out, a line each.
// Usage: node converse.mjs SOCKET JID PASSWORD TO TEXT PICTURE
import { createServer } from "node:http";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const [socket, jid, password, to, text, picture] = process.argv.slice(2);
const say = (event, more = {}) => console.log(JSON.stringify({ event, ...more }));
const dist = join(dirname(fileURLToPath(import.meta.url)), "node_modules/converse.js/dist");

const page = `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Converse</title>
<link rel="stylesheet" href="/dist/converse.min.css"></head><body>
<script type="module">
import "/dist/converse.min.js";
converse.plugins.add("watch", { initialize() {
  const { api } = this._converse;
  api.listen.on("connected", () => (window.connected = true));
} });
converse.initialize({
  websocket_url: ${JSON.stringify(socket)}, view_mode: "fullscreen", assets_path: "/dist/",
  authentication: "login", auto_login: true, jid: ${JSON.stringify(jid)}, password: ${JSON.stringify(password)},
  discover_connection_methods: false, whitelisted_plugins: ["watch"], i18n: "en", play_sounds: false,
  allow_non_roster_messaging: true, persistent_store: "sessionStorage", loglevel: "info",
  show_client_info: false, muc_respect_autojoin: false, auto_subscribe: true,
});
</script></body></html>`;

const kinds = { ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm" };
const web = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
  if (path === "/") return response.setHeader("content-type", "text/html").end(page);
  try {
    const file = readFileSync(join(dist, path.replace(/^\/dist\//, "")));
    response.setHeader("content-type", kinds[extname(path)] ?? "application/octet-stream");
    response.end(file);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((done) => web.listen(0, "127.0.0.1", done));

const folder = mkdtempSync(join(tmpdir(), "converse-"));
const context = await chromium.launchPersistentContext(folder, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  viewport: { width: 1100, height: 720 },
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
let status = 1;
try {
  const tab = context.pages()[0] ?? (await context.newPage());
  tab.on("console", (line) => process.env.VERBOSE && console.error(line.text()));
  tab.on("pageerror", (error) => console.error(String(error)));
  await tab.goto(`http://127.0.0.1:${web.address().port}/`);
  await tab.waitForFunction(() => window.connected, null, { timeout: 30000 });
  say("online");
  await tab.evaluate((to) => location.assign(`#converse/chat?jid=${to}`), to);
  const box = tab.locator("converse-chat textarea.chat-textarea, textarea.chat-textarea").first();
  await box.waitFor({ timeout: 15000 });
  await box.fill(text);
  await box.press("Enter");
  const answer = tab.locator("converse-chat-message .chat-msg__text, .chat-msg__text").nth(1);
  await answer.waitFor({ timeout: 20000 });
  say("answered", { body: await answer.innerText() });
  status = 0;
} catch (error) {
  say("failed", { text: String(error) });
} finally {
  if (picture) {
    const pictured = context.pages()[0]?.screenshot({ path: picture });
    await pictured?.then(() => say("pictured"), (error) => say("failed", { text: String(error) }));
  }
  await context.close();
  web.close();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);

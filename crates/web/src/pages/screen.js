// Draws what /screen.json says, once a second. Text only ever goes in as text; the one picture is the
// receiver's own.
"use strict";
const code = document.getElementById("code");
const open = document.getElementById("open");
const notices = document.getElementById("notices");

function line(tag, className, text) {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

function picture(svg) {
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml").documentElement;
  return parsed.localName === "svg" ? [document.importNode(parsed, true)] : [];
}

function invite(invitation) {
  const seconds = Math.max(0, Math.round((Date.parse(invitation.expires_at) - Date.now()) / 1000));
  return [
    line("p", "ask", "Point your phone's chat program at this to talk to me from anywhere"),
    ...picture(invitation.picture),
    line("p", "uri", invitation.uri),
    line("p", "left", `${seconds} seconds left, for one person`),
  ];
}

function draw(view) {
  const lines = [];
  const pass = view.passcode;
  if (pass) {
    const seconds = Math.max(0, Math.round((Date.parse(pass.expires_at) - Date.now()) / 1000));
    const half = Math.ceil(pass.code.length / 2);
    lines.push(line("p", "ask", `Type this on “${pass.device_name}”`));
    lines.push(line("p", "digits", `${pass.code.slice(0, half)} ${pass.code.slice(half)}`));
    lines.push(line("p", "left", `${seconds} seconds left`));
  } else if (view.pairing_open) {
    lines.push(line("p", "ask", "Ready for a new device. Choose this receiver on it now."));
  }
  if (view.invitation && !pass) {
    lines.push(...invite(view.invitation));
  }
  code.replaceChildren(...lines);
  open.hidden = view.pairing_open;
  notices.replaceChildren(...view.notices.map((text) => line("li", "", text)));
}

async function refresh() {
  try {
    const answer = await fetch("/screen.json", { cache: "no-store" });
    draw(await answer.json());
  } catch {
    code.replaceChildren(line("p", "ask", "The receiver does not answer."));
  }
}

refresh();
setInterval(refresh, 1000);

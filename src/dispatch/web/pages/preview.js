// What the preview does beyond plain pages: frames as tall as their mails, and the newest version at every save.
"use strict";

const frames = (root) => [...root.querySelectorAll("iframe")];

function fit(frame) {
  const page = frame.contentDocument;
  if (!page || !page.documentElement) return;
  frame.style.height = `${page.documentElement.scrollHeight}px`;
  const place = frame.src.includes("#") && page.getElementById(frame.src.split("#")[1]);
  if (place && !frame.dataset.seen) place.scrollIntoView({ block: "center" });
  frame.dataset.seen = "yes";
}

async function load(place) {
  const answer = await fetch(place.dataset.load);
  if (answer.ok) place.innerHTML = await answer.text();
}

function mind(root) {
  root.querySelectorAll("[data-load]").forEach(load);
  for (const frame of frames(root)) {
    frame.addEventListener("load", () => fit(frame));
    if (frame.contentDocument && frame.contentDocument.readyState === "complete") fit(frame);
  }
  for (const form of root.querySelectorAll("form")) {
    form.addEventListener("input", () => { form.dataset.touched = "yes"; });
  }
}

const tell = (words) => { document.getElementById("news").textContent = words; };

// The new page grows beside the old one, out of sight, and takes its place when its mails are drawn.
async function renew() {
  const answer = await fetch(location.href, { cache: "no-store" });
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  const old = document.getElementById("main");
  const fresh = document.adoptNode(next.getElementById("main"));
  const heights = Object.fromEntries(frames(old).map((frame) => [frame.name, frame.style.height]));
  for (const frame of frames(fresh)) {
    frame.style.height = heights[frame.name] || "";
    frame.dataset.seen = "yes";
  }
  fresh.classList.add("coming");
  old.after(fresh);
  await Promise.all(frames(fresh).map((frame) => new Promise((done) => {
    frame.addEventListener("load", done, { once: true });
    setTimeout(done, 2000);
  })));
  const held = [scrollX, scrollY];
  mind(fresh);
  old.remove();
  fresh.classList.remove("coming");
  document.querySelector("header").replaceWith(document.adoptNode(next.querySelector("header")));
  document.title = next.title;
  document.body.dataset.version = next.body.dataset.version;
  scrollTo(...held);
  tell("The page shows the newest version.");
}

let busy = false;
async function follow(version) {
  if (busy || version === document.body.dataset.version) return;
  if (document.querySelector("form[data-touched]")) {
    document.body.classList.add("behind");
    tell("The brief changed on the disk. What you typed here is not saved.");
    return;
  }
  busy = true;
  try { await renew(); } finally { busy = false; }
  if (newest !== document.body.dataset.version) follow(newest);
}

let newest = document.body.dataset.version;
if (document.body.dataset.live === "yes") {
  const versions = new EventSource("/versions");
  versions.onmessage = (event) => { newest = event.data; follow(newest); };
  addEventListener("pagehide", () => versions.close());
}
addEventListener("resize", () => frames(document).forEach(fit));
mind(document);

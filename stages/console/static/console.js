/* What the page does by itself: times in the browser's zone, rows that stay under the pointer, the drawer, the keyboard,
   and whether it is live. */
(() => {
  "use strict";

  /* Times. */
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat([], { day: "2-digit", month: "short", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const today = (moment) => moment.toDateString() === new Date().toDateString();

  function setClocks(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      time.textContent = (today(moment) ? clock : day).format(moment);
      time.title = time.dateTime.replace("T", " ").replace("Z", " UTC");
    }
  }

  /* A message brings rows: those that are new show for a moment, and the row under the pointer, or with the focus, or at
     the top of a list that was scrolled, stays where it is. A list that was held so goes back to its top afterwards. */
  const rowsOf = (panel) => panel.querySelectorAll(".rows > li[id]");
  const held = new WeakSet();
  let before = null;

  function anchorOf(list) {
    const here = document.activeElement;
    const row = list.querySelector(":scope > li:hover") || (list.contains(here) && here.closest("li"));
    if (row || !list.scrollTop) return row || null;
    const top = list.getBoundingClientRect().top;
    return [...list.children].find((each) => each.getBoundingClientRect().bottom > top) || null;
  }

  document.addEventListener("htmx:sseBeforeMessage", (event) => {
    const list = event.target.querySelector(".rows");
    const row = list && anchorOf(list);
    const ids = new Set([...rowsOf(event.target)].map((each) => each.id));
    before = { ids, row, top: row && row.getBoundingClientRect().top };
  });

  document.addEventListener("htmx:sseMessage", (event) => {
    setClocks(event.target);
    const { ids, row, top } = before || { ids: new Set() };
    before = null;
    if (ids.size) for (const each of rowsOf(event.target)) if (!ids.has(each.id)) each.classList.add("new");
    if (!row || !row.isConnected) return;
    const list = row.closest(".rows");
    const moved = row.getBoundingClientRect().top - top;
    if (moved && !list.scrollTop) held.add(list);
    list.scrollTop += moved;
  });

  function release(event) {
    const list = event.currentTarget.querySelector(".rows");
    if (list && held.delete(list)) list.scrollTop = 0;
  }

  const panelOf = (element) => (element && element.closest(".panel")) || null;

  /* The drawer with a comment's chain. */
  const drawer = () => document.getElementById("chain");
  let picked = null; // the address of what it shows,
  let pickedIn = null; // and the panel where it was picked

  function showDrawer() {
    document.body.classList.toggle("with-drawer", drawer().childElementCount > 0);
  }

  function mark() {
    for (const link of document.querySelectorAll(".rows a")) {
      if (picked && link.getAttribute("href") === picked) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
  }

  function closeDrawer() {
    drawer().replaceChildren();
    showDrawer();
    if (location.pathname !== drawer().dataset.home) history.replaceState(null, "", drawer().dataset.home);
    const links = [...(pickedIn || document).querySelectorAll(".rows a")];
    const link = links.find((each) => each.getAttribute("href") === picked);
    picked = pickedIn = null;
    mark();
    if (link) link.focus();
  }

  document.addEventListener("htmx:afterSwap", (event) => {
    setClocks(event.target);
    if (event.target.id === "chain") {
      showDrawer();
      const asked = event.detail.requestConfig && event.detail.requestConfig.elt;
      if (asked && asked.tagName === "A") {
        picked = asked.getAttribute("href");
        pickedIn = panelOf(asked);
        drawer().scrollTop = 0;
        drawer().focus({ preventScroll: true });
      }
    }
    mark();
  });
  document.addEventListener("htmx:sseMessage", mark);
  /* What was asked for a drawer that was closed meanwhile comes too late. */
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (event.detail.target.id === "chain" && !event.detail.requestConfig.elt.isConnected) event.detail.shouldSwap = false;
  });

  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-close]")) return;
    event.preventDefault();
    closeDrawer();
  });

  /* Tab goes from panel to panel: of a list's rows, it stops at one. Up and down (k and j) go through the rows, left and
     right (h and l) from panel to panel; Escape closes the drawer. */
  function rove() {
    for (const list of document.querySelectorAll(".comments, .orders")) {
      const rows = [...list.querySelectorAll("a")];
      const stop = rows.find((each) => each === document.activeElement) || rows[0];
      for (const row of rows) row.tabIndex = row === stop ? 0 : -1;
    }
  }

  function step(by) {
    const panel = panelOf(document.activeElement) || document.getElementById("panel-comments");
    const rows = panel ? [...panel.querySelectorAll(".rows a")] : [];
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
    return true;
  }

  function cross(by) {
    const panels = [...document.querySelectorAll(".panel")];
    const at = panels.indexOf(panelOf(document.activeElement));
    const next = panels[at < 0 ? 0 : Math.min(Math.max(at + by, 0), panels.length - 1)];
    if (!next) return false;
    (next.querySelector(".rows a, .rows button") || next).focus();
    return true;
  }

  const moves = {
    ArrowDown: () => step(1), j: () => step(1), ArrowUp: () => step(-1), k: () => step(-1),
    ArrowRight: () => cross(1), l: () => cross(1), ArrowLeft: () => cross(-1), h: () => cross(-1),
  };

  document.addEventListener("keydown", (event) => {
    const writes = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);
    if (writes || event.altKey || event.ctrlKey || event.metaKey || !drawer()) return;
    if (event.key === "Escape" && drawer().childElementCount) closeDrawer();
    const move = drawer().contains(event.target) ? null : moves[event.key];
    if (move && move()) event.preventDefault();
  });
  document.addEventListener("focusin", rove);
  document.addEventListener("htmx:sseMessage", rove);

  /* What waits for a decision, or failed, is counted where it is seen from afar: in the tab's title and the bar. */
  const title = document.title;
  function tally() {
    const counts = ["reviews", "dead-letters"].map((name) => {
      const words = document.querySelector(`#panel-${name} .count`);
      const link = document.querySelector(`nav a[href="#panel-${name}"]`);
      const count = (words && parseInt(words.textContent.replace(/\D/g, ""), 10)) || 0;
      if (link) link.dataset.count = count || "";
      return count;
    });
    const open = counts[0] ? `(${counts[0]}) ${title}` : title;
    if (document.title !== open) document.title = open;
  }
  document.addEventListener("htmx:sseMessage", tally);
  document.addEventListener("htmx:afterSwap", tally);

  /* Whether it is live. The server's own words come with the next message. */
  document.addEventListener("htmx:sseError", () => {
    const state = document.getElementById("state");
    if (!state) return;
    state.querySelector(".dot").className = "dot off";
    state.querySelector(".state-words").textContent = "Connecting again";
  });

  /* The key was revoked: the entrance says so. */
  document.addEventListener("htmx:sseClose", (event) => {
    if (event.detail.type === "message") location.reload();
  });

  /* What a click could not do, in the server's words. */
  function refused(words) {
    const notice = document.getElementById("notice");
    if (!notice) return;
    const said = notice.cloneNode(false);
    said.className = "notice refusal";
    said.textContent = words;
    notice.replaceWith(said);
  }

  document.addEventListener("htmx:sendError", () => refused("The console can't be reached. Please try again."));
  document.addEventListener("htmx:responseError", (event) => {
    let words = "";
    try {
      words = JSON.parse(event.detail.xhr.responseText).error;
    } catch {
      /* no words of ours: something between us answered */
    }
    refused(words || `This was not done: ${event.detail.xhr.status}.`);
  });

  document.addEventListener("DOMContentLoaded", () => {
    setClocks(document);
    if (!drawer()) return;
    for (const panel of document.querySelectorAll(".panel")) panel.addEventListener("mouseleave", release);
    if (drawer().childElementCount) picked = location.pathname;
    showDrawer();
    mark();
    rove();
    tally();
  });
})();

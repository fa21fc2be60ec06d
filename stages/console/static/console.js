/* What the page does by itself: times in the browser's zone, the drawer, the keyboard, and whether it is live. */
(() => {
  "use strict";
  const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
  const day = new Intl.DateTimeFormat([], { day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const sameDay = (moment) => moment.toDateString() === new Date().toDateString();

  function setClocks(root) {
    for (const time of root.querySelectorAll("time[datetime]")) {
      const moment = new Date(time.dateTime);
      const words = (sameDay(moment) ? clock : day).format(moment);
      if (time.textContent !== words) time.textContent = words;
    }
  }

  const drawer = () => document.getElementById("chain");
  let opener = null;

  function openDrawer() {
    document.body.classList.toggle("with-drawer", drawer().childElementCount > 0);
  }

  function closeDrawer() {
    const home = drawer().dataset.home;
    drawer().replaceChildren();
    openDrawer();
    if (location.pathname !== home) history.replaceState(null, "", home);
    const back = opener && document.querySelector(`[hx-get="${CSS.escape(opener)}"]`);
    if (back) back.focus();
    mark(null);
  }

  function mark(address) {
    opener = address;
    for (const link of document.querySelectorAll("[aria-current]")) link.removeAttribute("aria-current");
    if (!address) return;
    for (const link of document.querySelectorAll("[hx-get]")) {
      if (link.getAttribute("hx-get") === address && link.tagName === "A") link.setAttribute("aria-current", "true");
    }
  }

  /* Up and down (or k and j) through the rows of a panel, Escape closes the drawer. */
  function step(by) {
    const here = document.activeElement;
    const panel = here && here.closest(".panel");
    const rows = [...(panel || document).querySelectorAll(panel ? ".rows a" : "#panel-comments .rows a")];
    if (!rows.length) return false;
    const at = rows.indexOf(here);
    rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
    return true;
  }

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName)) return;
    if (event.key === "Escape" && drawer() && drawer().childElementCount) closeDrawer();
    else if ((event.key === "ArrowDown" || event.key === "j") && step(1)) event.preventDefault();
    else if ((event.key === "ArrowUp" || event.key === "k") && step(-1)) event.preventDefault();
  });

  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-close]")) {
      event.preventDefault();
      closeDrawer();
    }
  });

  document.addEventListener("htmx:afterSwap", (event) => {
    setClocks(event.target);
    if (event.target.id === "chain") {
      const asked = event.detail.requestConfig && event.detail.requestConfig.elt;
      openDrawer();
      if (asked && asked.tagName === "A") {
        mark(asked.getAttribute("hx-get"));
        drawer().scrollTop = 0;
        drawer().focus({ preventScroll: true });
      }
    } else if (opener) mark(opener);
  });

  /* The words of the server stand in the clocks until they are set: a swap must not set them back in between. */
  document.addEventListener("htmx:sseMessage", (event) => setClocks(event.target));

  document.addEventListener("htmx:sseError", () => {
    const state = document.getElementById("state");
    if (state) state.innerHTML = '<span class="dot off"></span><span class="state-words">Connecting again</span>';
  });

  document.addEventListener("DOMContentLoaded", () => {
    setClocks(document);
    if (drawer()) openDrawer();
  });
})();

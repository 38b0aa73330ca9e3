// Runs once for each gr.HTML of ours: `element` is its root, `trigger` sends an event to Python.
// Nothing here makes HTML from text: what the server escaped stays escaped.
if (!window.articleAssistant) {
  const app = (window.articleAssistant = {});

  app.dialog = ({ head, value, action, danger }) =>
    new Promise((resolve) => {
      const dialog = document.createElement("dialog");
      const form = document.createElement("form");
      const title = document.createElement("h2");
      title.textContent = head;
      title.id = "dialog-title";
      dialog.setAttribute("aria-labelledby", "dialog-title");
      form.method = "dialog";
      form.append(title);
      let input = null;
      if (value !== undefined) {
        input = document.createElement("input");
        input.value = value;
        input.maxLength = 80;
        input.setAttribute("aria-label", head);
        form.append(input);
      }
      const row = document.createElement("p");
      for (const [label, returned, kind] of [
        ["Cancel", "", ""],
        [action, "yes", danger ? "danger" : "primary"],
      ]) {
        const button = document.createElement("button");
        button.textContent = label;
        button.value = returned;
        button.className = kind;
        if (!returned) {
          button.type = "button";
          button.onclick = () => dialog.close("");
        }
        row.append(button);
      }
      form.append(row);
      dialog.className = "asking";
      dialog.append(form);
      document.body.append(dialog);
      const before = document.activeElement;
      dialog.addEventListener("close", () => {
        const said = dialog.returnValue === "yes" ? (input ? input.value : "yes") : null;
        dialog.remove();
        if (before && before.isConnected) before.focus();
        resolve(said);
      });
      dialog.showModal();
      if (input) input.select();
    });

  // From Enter on the page is busy, before the server has said so.
  const LIVE = ["searching", "waiting", "reading", "writing"];
  app.isLive = () => LIVE.includes(document.querySelector("#live .turn")?.dataset.stage);
  app.settle = () => (document.body.dataset.busy = app.isLive() ? "yes" : "no");
  app.asked = () => {
    if (!app.box()?.value.trim()) return;
    document.body.dataset.busy = "yes";
    setTimeout(app.settle, 5000);
  };

  app.say = (words) => {
    app.settle();
    let note = document.getElementById("notice");
    if (!note) {
      note = document.createElement("div");
      note.id = "notice";
      note.setAttribute("role", "status");
      document.body.append(note);
    }
    note.textContent = words;
    note.classList.add("shown");
    clearTimeout(app.saying);
    app.saying = setTimeout(() => note.classList.remove("shown"), 4000);
  };

  app.copy = async (words) => {
    try {
      await navigator.clipboard.writeText(words);
    } catch {
      const area = document.createElement("textarea");
      area.value = words;
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
    app.say("Copied with its sources");
  };

  app.save = (name, type, words) => {
    const a = document.createElement("a");
    a.href = URL.createObjectURL(new Blob([words], { type }));
    a.download = name;
    a.click();
    setTimeout(() => URL.revokeObjectURL(a.href), 10000);
  };

  // A finished turn moves up when the next one begins: the server sends it once, not each time.
  app.keep = (turn) => {
    const turns = () => document.querySelector("#past .turns");
    const shown = (id) => [...(turns()?.children || [])].some((one) => one.dataset.turn === id);
    const before = turn?.dataset.after;
    if (before && !shown(before) && turns() && app.finished?.dataset.turn === before) {
      turns().append(app.finished);
    }
    const stage = turn?.dataset.stage;
    app.finished = ["done", "stopped", "failed"].includes(stage) ? turn.cloneNode(true) : null;
    if (!before || shown(before)) return;
    clearTimeout(app.missing);
    app.missing = setTimeout(() => {
      const now = document.querySelector("#live .turn")?.dataset.after;
      if (now === before && !shown(before)) app.trigger("click", { act: "redraw" });
    }, 500);
  };

  // Gradio keeps the order of what it draws within one event only: what is left of an answer can
  // come after the conversation that was opened instead. Then all of that one is drawn once more.
  app.isLeft = (turn) => {
    const opened = document.querySelector("#past .turns")?.dataset.opening;
    return Number(turn?.dataset.opening) < Number(opened);
  };

  // What is sent of the filters is numbered: one may overtake the other.
  app.number = () => (app.sent = String(Number(app.sent || 0) + 1));

  app.box = () => document.querySelector("#question textarea");
  app.opener = null;

  // A reload, Gradio's own after a restart of the server too, keeps what was not asked yet; and
  // whoever had to log in anew comes back to the page that was left. Another person gets neither.
  app.who = () => document.querySelector(".who")?.textContent || "";
  addEventListener("pagehide", () => {
    const address = app.loggedOut ? location.search + location.hash : "";
    const left = { who: app.who(), typed: app.box()?.value || "", address };
    sessionStorage.setItem("left", JSON.stringify(left));
  });
  app.comeBack = () => {
    const left = JSON.parse(sessionStorage.getItem("left") || "null");
    if (!left || left.who !== app.who() || !document.querySelector("#live section, #live .turn")) return;
    sessionStorage.removeItem("left");
    if (left.typed && app.box()?.value === "") {
      app.box().value = left.typed;
      app.box().dispatchEvent(new Event("input", { bubbles: true }));
    }
    if (left.address && left.address !== location.search + location.hash) {
      location.replace(location.pathname + left.address);
    }
  };

  app.tab = (id) => {
    document.body.dataset.page = id;
    for (const link of document.querySelectorAll("[data-page-link]")) {
      const here = link.dataset.pageLink === id;
      if (here) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  };

  // Parts that a narrow screen shows only when asked to.
  app.toggle = (name, open, { focus = false } = {}) => {
    const body = document.body;
    const was = body.dataset[name] === "open";
    if (open === undefined) open = !was;
    body.dataset[name] = open ? "open" : "";
    let toggle = null;
    for (const one of document.querySelectorAll(`[data-toggles="${name}"]`)) {
      one.setAttribute("aria-expanded", open ? "true" : "false");
      toggle = one;
    }
    if (!focus) return;
    if (open) document.getElementById(toggle?.getAttribute("aria-controls"))?.querySelector("button")?.focus();
    else if (was) toggle?.focus();
  };
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-toggles], #aside, .title-acts, dialog")) return;
    for (const name of ["drawer", "acts"]) app.toggle(name, false);
  });

  app.theme = (dark) => {
    const body = document.body;
    if (dark === undefined) {
      dark = !body.classList.contains("dark");
      localStorage.setItem("dark", dark ? "yes" : "no");
    }
    body.classList.toggle("dark", dark);
  };
  // The report of the evals is a page of its own, whose address says how it looks.
  app.report = () => document.querySelector("#evals iframe");
  app.reportAddress = () =>
    `/evals/report#${document.body.classList.contains("dark") ? "dark" : "light"}`;
  new MutationObserver(() => app.report()?.contentWindow.location.replace(app.reportAddress()))
    .observe(document.body, { attributes: true, attributeFilter: ["class"] });
  if (localStorage.getItem("dark")) app.theme(localStorage.getItem("dark") === "yes");

  // A page that scrolls must be reachable by keyboard.
  for (const [id, name] of [["corpus", "Articles"], ["evals", "Evals"], ["settings", "Settings"]]) {
    const page = document.getElementById(`page-${id}`);
    if (!page) continue;
    page.tabIndex = 0;
    page.setAttribute("role", "region");
    page.setAttribute("aria-label", name);
  }

  // The address names the conversation and the page: Back, Forward and a bookmark lead there.
  app.address = ({ conversation, page, replace }) => {
    const url = new URL(location.href);
    if (conversation !== undefined) app.conversation = conversation;
    if (conversation) url.searchParams.set("c", conversation);
    else if (conversation !== undefined) url.searchParams.delete("c");
    if (page !== undefined) url.hash = page === "chat" ? "" : page;
    if (url.href === location.href) return;
    if (replace) history.replaceState(null, "", url);
    else history.pushState(null, "", url);
  };
  const addressed = () => {
    const page = location.hash.slice(1);
    return {
      conversation: new URLSearchParams(location.search).get("c") || "",
      page: ["corpus", "evals", "settings"].includes(page) ? page : "chat",
    };
  };
  addEventListener("popstate", () => {
    const { conversation, page } = addressed();
    app.tab(page);
    if (conversation === app.conversation) return;
    app.conversation = conversation;
    app.trigger("click", conversation ? { act: "conversation", id: conversation } : { act: "new" });
  });
  app.conversation = addressed().conversation;
  app.tab(addressed().page);

  // Whoever is not logged in any more is led by the server to where one logs in.
  const { fetch } = window;
  window.fetch = async (...asked) => {
    const reply = await fetch(...asked);
    if (reply.status === 401) {
      app.loggedOut = true;
      location.reload();
    }
    return reply;
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && event.target === app.box()) app.asked();
  });
  document.querySelector("#send")?.addEventListener("click", app.asked);

  // In an article the arrow keys go through the sources of its answer.
  const steps = { ArrowLeft: "Previous source", ArrowRight: "Next source" };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    const article = event.target.closest?.(".pane.article");
    const step = article?.querySelector(`.steps [title="${steps[event.key]}"]`);
    if (!step) return;
    event.preventDefault();
    step.click();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !document.querySelector("dialog[open]")) {
      const open = ["drawer", "acts"].find((name) => document.body.dataset[name] === "open");
      if (open) {
        app.toggle(open, false, { focus: true });
      } else {
        const pane = [...document.querySelectorAll(".pane.article .close")]
          .find((one) => one.checkVisibility());
        if (pane) pane.click();
        else if (document.body.dataset.busy === "yes") document.querySelector("#stop")?.click();
      }
    }
  });
}

const app = window.articleAssistant;

element.addEventListener("click", async (event) => {
  const button = event.target.closest("button, a[data-act]");
  if (!button || !element.contains(button)) return;
  if (button.dataset.copy !== undefined) return app.copy(button.dataset.copy);
  const { act, ...data } = button.dataset;
  if (!act) return;
  event.preventDefault();
  if (act === "page") {
    app.tab(data.pageLink);
    return app.address({ page: data.pageLink });
  }
  if (act === "theme") return app.theme();
  if (act === "jump") return document.getElementById(data.to)?.scrollIntoView({ block: "start" });
  if (act === "toggle") return app.toggle(data.toggles, undefined, { focus: true });
  if (button.dataset.ask !== undefined) {
    const said = await app.dialog({
      head: data.ask, value: data.value, action: data.action || "OK", danger: data.danger === "yes",
    });
    if (said === null) return;
    data.said = said;
  }
  if (["open", "article"].includes(act) && !element.querySelector(".pane")) {
    app.opener = button;
    document.body.dataset.pane = "article";
    // What is open already is not drawn again, but was perhaps scrolled away from.
    setTimeout(() => document.querySelector("#pane mark.current")?.scrollIntoView({ block: "center" }), 300);
  }
  if (["new", "conversation", "delete"].includes(act)) {
    app.toggle("drawer", false, { focus: true });
    app.toggle("acts", false);
  }
  if (act === "new") app.address({ conversation: "" });
  if (act === "conversation") app.address({ conversation: data.id });
  if (act === "unfilter") data.serial = app.number();
  if (act === "check") button.setAttribute("aria-busy", "true");
  if (act === "evidence") document.body.dataset.pane = "";
  if (act === "again" || act === "example") {
    if (document.body.dataset.busy === "yes") return app.say("One answer at a time: stop it first");
    return trigger("submit", { act, ...data });
  }
  trigger("click", { act, ...data });
});

element.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.dataset.act) return;
  event.preventDefault();
  if (form.dataset.live) return sendForm(form);
  const said = Object.fromEntries(new FormData(form).entries());
  trigger("click", { ...form.dataset, ...said });
});

// A live form is sent whole, each field with all its values, whenever it changes.
const sendForm = (form) => {
  const said = {};
  for (const [name, value] of new FormData(form).entries()) (said[name] ||= []).push(value);
  trigger("click", { act: form.dataset.act, said, serial: app.number() });
};

element.addEventListener("change", (event) => {
  const form = event.target.closest("form[data-live]");
  if (form && event.target.type !== "search") sendForm(form);
});

element.addEventListener("input", (event) => {
  if (element.closest("#live") && event.target.name === "comment") {
    // The copy that moves up when the next turn begins has what is typed here as well.
    const copy = app.finished?.querySelector("[name=comment]");
    if (copy) copy.value = event.target.value;
  }
  const form = event.target.closest("form[data-typing], form[data-live]");
  if (!form || (form.dataset.live && event.target.type !== "search")) return;
  clearTimeout(app.typing);
  app.typing = setTimeout(() => form.requestSubmit(), 250);
});

if (element.closest("#live")) app.trigger = trigger;

// Redrawing changes attributes; what was ticked or typed before is shown until it is set here.
const settle = (form) => {
  if (form.dataset.serial && form.dataset.serial !== app.sent) return;
  for (const field of form.elements) {
    if (field.type === "checkbox") field.checked = field.hasAttribute("checked");
    // A date that is being typed has no value yet; setting one would empty it.
    if (field.type === "date" && field !== document.activeElement) {
      field.value = field.getAttribute("value") || "";
    }
  }
};

const drawn = () => {
  const live = element.querySelector("form[data-live]");
  if (live) settle(live);
  if (element.closest("#live")) {
    const turn = element.querySelector(".turn");
    if (app.isLeft(turn)) trigger("click", { act: "whole" });
    else app.keep(turn);
    if (app.box()) app.comeBack();
    const busy = app.isLive();
    const was = app.wasLive;
    app.wasLive = busy;
    app.settle();
    const scroller = document.querySelector("#thread");
    if (scroller && busy && !was) scroller.scrollTo({ top: scroller.scrollHeight });
    if (scroller && !busy && was) {
      // Show as much of the finished answer as fits, its question staying in view.
      const box = scroller.getBoundingClientRect();
      const turn = element.querySelector(".turn")?.getBoundingClientRect() || box;
      const beyond = Math.min(turn.bottom - box.bottom, turn.top - box.top);
      if (beyond > 0) scroller.scrollTop += beyond;
    }
  }
  if (element.closest("#title")) {
    for (const name of ["drawer", "acts"]) app.toggle(name, document.body.dataset[name] === "open");
  }
  if (element.closest("#evals") && app.report()) app.report().src = app.reportAddress();
  if (element.closest("#header")) {
    app.tab(document.body.dataset.page || "chat");
    if (app.box()) app.comeBack();
  }
  const mark = element.querySelector("mark.current");
  const pane = element.querySelector(".pane");
  if (pane) {
    const at = pane.dataset.at || pane.dataset.article || "";
    if (at !== element.dataset.at) {
      element.dataset.at = at;
      const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
      if (mark) {
        mark.scrollIntoView({ block: "center", behavior: still ? "auto" : "smooth" });
        if (!element.contains(document.activeElement)) mark.focus({ preventScroll: true });
      } else if (pane.dataset.article) {
        element.querySelector("h2")?.focus();
        const scroller = element.querySelector(".scroller");
        if (scroller) scroller.scrollTop = 0;
        if (element.closest("#reader")) pane.scrollIntoView({ block: "nearest" });
      } else if (app.opener) {
        if (app.opener.isConnected) app.opener.focus();
        app.opener = null;
      }
    }
  } else {
    delete element.dataset.at;
  }
};
watch("value", drawn);
drawn();

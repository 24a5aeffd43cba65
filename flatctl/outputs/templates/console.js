// The page, kept up to date. Text goes in as text, never as HTML; what is drawn is the newest state.
const root = document.documentElement;
const rig = root.dataset.rig;
const byId = (id) => document.getElementById(id);
const query = rig === undefined ? "" : `?rig=${encodeURIComponent(rig)}`;
const SILENT_MS = 6000;

async function send(path, body = {}) {
  const said = byId("said");
  try {
    const answer = await fetch(`/api/v1/${path}`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        "X-Flatctl": "1",
        "Idempotency-Key": crypto.getRandomValues(new Uint32Array(4)).join("-"),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(10000),
    });
    const content = await answer.json();
    if (!answer.ok) {
      said.textContent = [content.detail, content.mend].filter(Boolean).join("; ");
      return null;
    }
    said.textContent = "sent";
    if (content.job) follow(content.job);
    return content;
  } catch {
    said.textContent = "This could NOT be sent: no connection. Try again.";
    return null;
  }
}

async function follow(job) {
  for (let n = 0; n < 400; n += 1) {
    await new Promise((done) => setTimeout(done, 1000));
    try {
      const content = await (await fetch(`/api/v1/jobs/${job}`)).json();
      byId("said").textContent = content.said || content.steps.at(-1) || "under way";
      if (content.state !== "running") return;
    } catch {
      byId("said").textContent = "no word from the console";
    }
  }
}

function cell(text) {
  const made = document.createElement("td");
  made.textContent = text;
  return made;
}

function show(state) {
  const sentence = byId("sentence");
  if (sentence.textContent !== state.sentence) sentence.textContent = state.sentence;
  const light = byId("light");
  light.textContent = state.light_words;
  light.dataset.light = state.light;
  byId("cover").textContent = state.cover ?? "unknown";
  byId("frame").textContent = state.verdict ? `${state.filter}: ${state.verdict}` : "none yet";
  const problems = state.problems.map((each) => {
    const item = document.createElement("li");
    item.textContent = [`${each.subject}: ${each.what}`, each.mend].filter(Boolean).join("; ");
    return item;
  });
  byId("problems").replaceChildren(...problems);
  byId("problems-of").hidden = problems.length === 0;
  const rows = state.filters.map((each) => {
    const row = document.createElement("tr");
    const outcome = [each.outcome ?? "open", each.reason].filter(Boolean).join(": ");
    row.append(cell(each.name), cell(`${each.done} of ${each.wanted}`), cell(outcome));
    return row;
  });
  if (rows.length) byId("filters").replaceChildren(...rows);
}

let stream = null;
let triedAt = 0; // when a connection was begun, or heard of last
let heardAt = Date.now(); // the last word of the console
let toldAt = 0; // the last word of the rig
let drawnAt = 0;
let stale = false;

function hear() {
  heardAt = Date.now();
  triedAt = heardAt;
}

function connect() {
  stream?.close();
  triedAt = Date.now();
  stream = new EventSource(`/api/v1/events${query}`);
  stream.addEventListener("beat", hear);
  stream.addEventListener("state", (event) => {
    hear();
    const state = JSON.parse(event.data);
    toldAt = state.age_s === null ? 0 : heardAt - state.age_s * 1000;
    show(state);
    stale = true;
  });
}

async function draw() {
  stale = false;
  drawnAt = Date.now();
  for (const kind of ["level", "search"]) {
    const answer = await fetch(`/api/v1/chart/${kind}${query}`).catch(() => null);
    if (!answer?.ok) continue;
    const chart = new DOMParser().parseFromString(await answer.text(), "image/svg+xml");
    if (chart.documentElement.nodeName === "svg") {
      byId("chart").replaceChildren(document.importNode(chart.documentElement, true));
    }
    return;
  }
}

function tick() {
  if (stream && Date.now() - triedAt > SILENT_MS) connect();
  if (!stream) return;
  const silent_s = Math.round((Date.now() - heardAt) / 1000);
  const old = silent_s > Number(root.dataset.old);
  root.classList.toggle("old", old);
  const told_s = Math.max(0, Math.round((Date.now() - toldAt) / 1000));
  const told = toldAt ? `last word of the rig ${told_s} s ago` : "no word of the rig yet";
  byId("age").textContent = old ? `no word from the console for ${silent_s} s` : told;
  if (stale && Date.now() - drawnAt > 1000) draw();
}

function live() {
  connect();
  setInterval(tick, 1000);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      stream?.close();
      stream = null;
    } else {
      connect();
    }
  });
  for (const button of document.querySelectorAll("[data-command]")) {
    button.form.addEventListener("submit", (event) => {
      event.preventDefault();
      send(button.dataset.command, { rig });
    });
  }
  byId("hand")?.addEventListener("submit", (event) => {
    event.preventDefault();
    send("panel", { rig, brightness: Number(event.target.elements.brightness.value) });
  });
  for (const button of document.querySelectorAll("[data-cover]")) {
    button.addEventListener("click", () => send("panel", { rig, cover: button.dataset.cover }));
  }
  byId("start")?.addEventListener("submit", (event) => {
    event.preventDefault();
    const form = new FormData(event.target);
    const filters = form.getAll("filter");
    const count = form.get("count") ? Number(form.get("count")) : null;
    const mode = form.get("dawn") ? "dawn" : "run";
    const what = `${filters.join(", ") || "all filters"}, ${count ?? "as many as configured"}`;
    if (confirm(`Start${mode === "dawn" ? " at dawn" : " now"}: ${what}?`)) {
      send("run", { rig, mode, filters, ...(count === null ? {} : { count }) });
    }
  });
  byId("logout")?.addEventListener("click", async () => {
    if (await send("logout")) location.reload();
  });
}

function logIn() {
  const form = byId("login");
  const go = async (token) => {
    if (await send("login", { token })) location.replace("/");
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go(form.elements.token.value);
  });
  if (location.hash.length > 1) {
    const token = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", "/");
    go(token);
  }
}

if (byId("login")) logIn();
else live();

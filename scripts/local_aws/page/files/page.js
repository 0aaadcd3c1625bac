// A view of JSON: what the stack answers, and what explain, token and the review say. It decides no rule.
"use strict";

const $ = (id) => document.getElementById(id);
const OWN = "my own";
const SVG = "http://www.w3.org/2000/svg";
const SHAPES = {
  check: "M3.5 8.5l3 3 6-7",
  cross: "M4.5 4.5l7 7m0-7l-7 7",
  key: "M10.5 8.2a3 3 0 1 0-2.2-2.2L3 11.3V13h2v-1.5h1.5V10z",
  bar: "M8 2a6 6 0 1 0 0 12A6 6 0 1 0 8 2zM4 8h8",
  alert: "M8 3v6m0 2.6v.4",
  dash: "M4 8h8",
  dots: "M4 8h.01M8 8h.01M12 8h.01",
};
const KINDS = {
  allowed: { shape: "check", word: "allowed", means: "the backend answered" },
  unauthorized: { shape: "key", word: "unauthorized", means: "401: no token that is trusted" },
  forbidden: { shape: "bar", word: "forbidden", means: "403: trusted, and the rule is not met" },
  odd: { shape: "alert", word: "error", means: "the authorizer or the API failed" },
};

const state = { stack: null, own: null, chosen: null, cells: new Map(), asking: 0 };

// Elements. All text goes in as text: nothing that comes as JSON is ever read as HTML.
function el(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

function icon(shape) {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  const drawn = { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true", focusable: "false" };
  for (const [name, value] of Object.entries(drawn)) svg.setAttribute(name, value);
  const line = { d: SHAPES[shape], fill: "none", stroke: "currentColor", "stroke-width": shape === "dots" ? 2.4 : 1.7 };
  for (const [name, value] of Object.entries({ ...line, "stroke-linecap": "round", "stroke-linejoin": "round" })) {
    path.setAttribute(name, value);
  }
  svg.append(path);
  return svg;
}

// A sentence, with what stands between backticks as code.
const prose = (text) => text.split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));

async function get(path) {
  return read(await fetch(path));
}

async function post(path, members) {
  const headers = { "Content-Type": "application/json" };
  return read(await fetch(path, { method: "POST", headers, body: JSON.stringify(members) }));
}

async function read(answer) {
  const found = await answer.json();
  if (!answer.ok) throw new Error(found.error);
  return found;
}

// Runs an action; what goes wrong stands at the top of the page.
async function attempt(action) {
  try {
    await action();
    $("problem").hidden = true;
  } catch (error) {
    const gone = "The page's server does not answer: run `make up` in the terminal.";
    $("problem").replaceChildren(...prose(error instanceof TypeError ? gone : error.message));
    $("problem").hidden = false;
  }
}

const kindOf = (cell) =>
  cell.allowed ? "allowed" : cell.status === 401 ? "unauthorized" : cell.status === 403 ? "forbidden" : "odd";
const key = (route, caller) => JSON.stringify([route, caller]);
const call = (route, caller) => (caller === OWN ? { route, token: state.own } : { route, caller });

// The table of answers.
function drawTable() {
  const { routes, callers } = state.stack;
  const columns = [...callers, { name: OWN, words: "compose it below" }];
  $("callers").replaceChildren(
    el("tr", {}, el("th", { scope: "col" }, "Route"),
      ...columns.map((each) => el("th", { scope: "col" }, each.name, el("small", {}, each.words)))));
  $("routes").replaceChildren(...routes.map((route) =>
    el("tr", {},
      el("th", { scope: "row" },
        el("span", { class: "verb" }, route.verb), el("span", { class: "path" }, route.path),
        el("small", {}, route.rule ? `rule ${route.rule}` : `public: ${route.reason}`)),
      ...columns.map((each) => el("td", {}, el("button", {
        type: "button", class: "cell", "aria-pressed": "false", onclick: () => attempt(() => choose(route.route, each.name)),
      }))))));
  for (const [row, route] of routes.entries()) {
    for (const [column, each] of columns.entries()) {
      const button = $("routes").rows[row].cells[column + 1].firstChild;
      state.cells.set(key(route.route, each.name), { button });
      fill(route.route, each.name, null);
    }
  }
}

function fill(route, caller, cell, waiting = false) {
  const kept = state.cells.get(key(route, caller));
  const { button } = kept;
  state.cells.set(key(route, caller), { button, cell });
  const named = el("span", { class: "hidden" }, `${route}, ${caller}: `);
  button.disabled = cell === null && (caller !== OWN || state.own === null);
  button.className = cell === null ? `cell${waiting ? " waiting" : ""}` : `cell ${kindOf(cell)}`;
  if (cell === null) {
    button.replaceChildren(icon(waiting ? "dots" : "dash"), named, el("small", {}, waiting ? "asking" : "not asked"));
    return;
  }
  const kind = KINDS[kindOf(cell)];
  const stray = cell.holds ? "" : `, but the file says ${cell.expected}`;
  button.replaceChildren(icon(cell.holds ? kind.shape : "alert"), named, el("b", {}, String(cell.status)), " ",
    el("small", {}, kind.word + stray));
}

// What writes is asked first, so that what reads has something to read.
const inOrder = (routes) => [...routes].sort((one, other) => Number(one.verb === "GET") - Number(other.verb === "GET"));

async function askAll() {
  const mine = ++state.asking;
  const { routes, callers } = state.stack;
  for (const route of routes) for (const each of callers) fill(route.route, each.name, null, true);
  for (const [place, route] of inOrder(routes).entries()) {
    $("progress").textContent = `Asking: route ${place + 1} of ${routes.length}`;
    const cells = await post("/api/answers", { route: route.route });
    if (mine !== state.asking) return;
    for (const cell of cells) fill(route.route, cell.caller, cell);
  }
  const all = [...state.cells.values()].map((each) => each.cell).filter(Boolean);
  const wrong = all.filter((cell) => !cell.holds).length;
  $("progress").textContent = wrong
    ? `${wrong} of these answers ${wrong === 1 ? "is" : "are"} not as terraform/callers.json says`
    : "All as terraform/callers.json says";
}

async function askOwn() {
  const { routes } = state.stack;
  for (const route of routes) fill(route.route, OWN, null, true);
  for (const route of inOrder(routes)) {
    const [cell] = await post("/api/answers", { route: route.route, token: state.own });
    fill(route.route, OWN, cell);
  }
}

// Why a cell is as it is.
async function choose(route, caller) {
  const found = await post("/api/explain", call(route, caller));
  const { button, cell } = state.cells.get(key(route, caller));
  for (const each of state.cells.values()) each.button.setAttribute("aria-pressed", String(each.button === button));
  state.chosen = { route, caller, button, curl: found.curl };
  $("why-title").textContent = `${route} · ${caller}`;
  $("why-answer").replaceChildren(cell ? badge(cell) : "");
  $("why-said").replaceChildren(...verdict(found));
  drawSteps(found);
  $("why-token").replaceChildren(...(found.inspection ? inspection(found.inspection, found.token) : [el("p", { class: "note" }, "This caller sends none.")]));
  $("curl").textContent = found.curl;
  $("answer").replaceChildren();
  $("copied").textContent = "";
  if (cell) drawParts(cell.parts, `${route} as ${caller}, which answered ${cell.status}`);
  $("why").hidden = false;
  $("why-title").focus();
  $("why").scrollIntoView({ block: "start" });
}

const badge = (cell) =>
  el("span", { class: `badge ${kindOf(cell)}` }, icon(KINDS[kindOf(cell)].shape), `${cell.status} ${cell.phrase}`);

function verdict({ explanation, rule, public: reason }) {
  if (!explanation) return ["This route is public, so that nobody is asked for a token: ", reason ?? ""];
  const failing = explanation.steps.find((step) => step.holds === false);
  const { outcome, reason: word, needed } = explanation.verdict;
  if (failing) return [el("b", {}, "Refused. "), ...prose(`${sentence(failing.what)} `), el("span", { class: "shown" }, `(${[failing.shown, word].filter(Boolean).join(", ")})`)];
  if (outcome !== "allow") return [el("b", {}, "Refused. "), word ?? ""];
  const only = needed.length ? `, if ${needed.join(" and ")}` : "";
  return [el("b", {}, "Allowed. "), `The token is trusted and meets the rule ${rule}${only}.`];
}

const sentence = (text) => (text === "the rule is met" ? "The rule is not met." : text);

const STAGE_STATES = {
  passed: { shape: "check", word: "holds" },
  failed: { shape: "cross", word: "fails" },
  unknown: { shape: "dash", word: "not checked" },
  later: { shape: "dots", word: "not reached" },
  nothing: { shape: "dash", word: "nothing to check" },
};

function drawSteps({ explanation }) {
  const steps = explanation ? explanation.steps : [];
  const failing = steps.find((step) => step.holds === false);
  const stages = state.stack.stages;
  const end = failing ? stages.indexOf(failing.stage) : stages.length;
  $("steps").replaceChildren(...stages.map((stage, place) => {
    const own = steps.filter((step) => step.stage === stage);
    const name = own.some((step) => step.holds === false) ? "failed" : own.some((step) => step.holds === null) ? "unknown"
      : own.length ? "passed" : place > end ? "later" : "nothing";
    const { shape, word } = STAGE_STATES[name];
    const head = [
      el("span", { class: name }, icon(shape)), el("span", { class: "name" }, stage),
      el("span", { class: `state ${name}` }, own.length && stage === "cache" ? "what is kept" : word),
    ];
    if (!own.length) return el("li", { class: "closed" }, ...head);
    return el("li", { class: name === "failed" ? "failing" : "" },
      el("details", { open: name === "failed" }, el("summary", {}, ...head), el("ul", {}, ...own.map(stepOf))));
  }));
}

function stepOf(step) {
  const name = step.holds === null ? "unknown" : step.holds ? "passed" : "failed";
  const { shape, word } = STAGE_STATES[name];
  return el("li", {}, el("span", { class: name }, icon(shape), el("span", { class: "hidden" }, `${word}: `)), ...prose(step.what),
    step.shown && el("span", { class: "shown" }, `: ${step.shown}`));
}

// A token in words.
function inspection(found, token) {
  const raw = el("details", { class: "raw" }, el("summary", {}, "The token itself"), jwt(token));
  if (found.unreadable) return [el("p", { class: "note" }, found.unreadable), raw];
  return [
    claimsTable("Claims", found.claims), claimsTable("Header", found.header),
    el("p", { class: "note" }, `The signature ${found.signature}.`),
    found.warnings.length ? el("ul", { class: "warnings" }, ...found.warnings.map((each) => el("li", {}, each))) : null,
    raw,
  ].filter(Boolean);
}

const claimsTable = (title, members) =>
  el("table", { class: "claims" }, el("caption", {}, title),
    el("tbody", {}, ...members.map((each) =>
      el("tr", {}, el("th", { scope: "row" }, each.name), el("td", { class: "value" }, each.value), wordsOf(each)))));

function wordsOf({ name, words, time }) {
  if (time == null) return el("td", {}, words);
  const date = new Date(time * 1000);
  const shown = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "long" }).format(date);
  const since = el("span", { "data-claim": name, "data-time": time }, words);
  if (name === "exp") count(since);
  return el("td", {}, since, el("time", { datetime: date.toISOString() }, shown));
}

function jwt(token) {
  const parts = token.split(".");
  return el("p", { class: "code jwt" }, ...parts.flatMap((part, place) => [place ? "." : "", el("span", {}, part)]));
}

// exp counts down; a screen reader is not told each second.
function count(node) {
  const seconds = Math.round(Number(node.dataset.time) - Date.now() / 1000);
  const apart = lasting(Math.abs(seconds));
  node.textContent = seconds > 0 ? `expires in ${apart}` : `expired ${apart} ago`;
  node.className = seconds > 0 ? "early" : "late";
}

function lasting(seconds) {
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = Math.max(0, units.findIndex(([, size]) => seconds >= size));
  const start = seconds ? first : 3;
  let rest = seconds;
  return units.slice(start, start + 2).map(([unit, size]) => {
    const number = Math.floor(rest / size);
    rest %= size;
    return `${number} ${unit}`;
  }).join(" ");
}

setInterval(() => document.querySelectorAll('[data-claim="exp"]').forEach(count), 1000);

// The real request. The button keeps the focus, and waits.
async function send() {
  const { route, caller } = state.chosen;
  if ($("send").ariaBusy === "true") return;
  $("send").ariaBusy = "true";
  try {
    const found = await post("/api/send", call(route, caller));
    const old = state.cells.get(key(route, caller)).cell;
    const word = found.allowed ? "allowed" : String(found.status);
    const expected = old ? old.expected : null;
    fill(route, caller, { ...found, expected, holds: expected === null || expected === word });
    $("why-answer").replaceChildren(badge(found));
    drawParts(found.parts, `${route} as ${caller}, which answered ${found.status}`);
    const headers = Object.entries(found.headers).map(([name, value]) => `${name}: ${value}`);
    $("answer").replaceChildren(
      el("p", { class: "answer-line" }, "It answered", badge(found), el("span", { class: "note" }, `in ${found.milliseconds} ms`)),
      headers.length || found.body ? code("The answer", [...headers, "", found.body].join("\n").trim()) : "",
      el("h3", {}, "What the authorizer logged"),
      found.log.length ? code("The log", found.log.join("\n")) : el("p", { class: "note" }, "Nothing: it did not run for this request."));
  } finally {
    $("send").ariaBusy = "false";
  }
}

const code = (label, text) => el("pre", { class: "code", role: "group", tabindex: "0", "aria-label": label }, text);

async function copy() {
  try {
    await navigator.clipboard.writeText(state.chosen.curl);
    $("copied").textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren($("curl"));
    $("copied").textContent = "Selected: copy it with the keyboard.";
  }
}

function back() {
  $("why").hidden = true;
  state.chosen?.button.focus();
}

// The stack in one picture.
const PARTS = { client: "Client", api: "API Gateway", rule: "Access rule", authorizer: "Authorizer", backend: "Backend" };
const PART_STATES = { passed: ["check", "passed"], stopped: ["cross", "stopped here"], idle: ["dash", "not used"] };

function drawParts(parts, title) {
  const { stack } = state;
  const what = {
    client: "Authorization: Bearer …",
    api: `${stack.routes.length} routes`,
    rule: Object.keys(stack.rules).join(", "),
    authorizer: `${stack.algorithm}, iss ${stack.issuer}`,
    backend: "a Lambda function",
  };
  if (title) $("last").textContent = `The last request: ${title}`;
  $("parts").replaceChildren(...Object.entries(PARTS).map(([part, name]) => {
    const did = parts.find((each) => each.part === part);
    const [shape, word] = did ? PART_STATES[did.state] : [];
    return el("li", { class: did ? `is-${did.state}` : "" }, el("b", {}, name), el("span", { class: "what" }, what[part]),
      did ? el("span", { class: "did" }, icon(shape), el("span", {}, el("span", { class: "hidden" }, `${word}: `), did.words)) : "");
  }));
}

// A token of one's own.
function addClaim() {
  const row = el("div", { class: "row", role: "group", "aria-label": "A claim" },
    el("label", {}, "Name", el("input", { name: "name" })),
    el("label", {}, "Value", el("input", { name: "value", "aria-describedby": "claims-help" })),
    el("button", { type: "button", class: "quiet", onclick: () => { row.remove(); $("add-claim").focus(); } }, "Remove"));
  $("claims").append(row);
  row.querySelector("input").focus();
}

async function compose(form) {
  const value = (name) => form.elements[name].value;
  const rows = [...$("claims").children].map((row) => [...row.querySelectorAll("input")].map((input) => input.value));
  const named = ["sub", "scope"].filter((name) => value(name)).map((name) => [name, JSON.stringify(value(name))]);
  const { token } = await post("/api/mint", {
    claims: [...named, ...rows], expires: value("expires"), issuer: value("issuer"), audience: value("audience"),
    algorithm: value("algorithm"),
  });
  $("token").value = token;
  await use(token, "Minted.");
}

async function use(token, said) {
  const found = await post("/api/inspect", { token });
  state.own = token.trim().replace(/^bearer +/i, "");
  $("own-token").replaceChildren(...inspection(found, state.own));
  $("own-said").textContent = `${said} Asking with it…`;
  await askOwn();
  $("own-said").textContent = `${said} The column "${OWN}" of the table has its answers.`;
}

function forget() {
  state.own = null;
  $("token").value = "";
  $("own-token").replaceChildren();
  $("own-said").textContent = "Forgotten.";
  if (state.chosen?.caller === OWN) $("why").hidden = true;
  for (const route of state.stack.routes) fill(route.route, OWN, null);
}

// The planned change.
async function drawChange() {
  const found = await get("/api/review");
  const region = $("change-callers").closest(".scroll");
  region.hidden = !found.plan;
  if (!found.plan) {
    $("change-said").replaceChildren("No change is planned. ", el("code", {}, found.write), " plans one, and this page then shows it.");
    return;
  }
  const { callers, routes } = found.picture;
  $("change-said").textContent = found.verdict;
  $("change-callers").replaceChildren(el("tr", {}, el("th", { scope: "col" }, "Route"),
    ...callers.map((each) => el("th", { scope: "col" }, each.name))));
  $("change-routes").replaceChildren(...routes.map((row) =>
    el("tr", {}, el("th", { scope: "row" }, el("span", { class: "path" }, row.route)),
      ...row.answers.map((cell) => el("td", {}, changed(cell))))));
  const words = callers.filter((each) => each.words);
  $("change-words").replaceChildren(...words.map((each) => el("li", {}, el("b", {}, each.name), `: ${each.words}`)));
}

function changed({ before, after, changes, opens }) {
  if (!changes) return el("span", { class: "cell" }, icon("dash"), after);
  return el("span", { class: `cell ${opens ? "forbidden" : "odd"}` }, icon(opens ? "alert" : "check"),
    el("span", {}, el("b", {}, opens ? "opens" : "changes"), el("br"), `${before} → ${after}`));
}

async function start() {
  state.stack = await get("/api/stack");
  const { stack } = state;
  const facts = { "Base URL": stack.base_url, Issuer: stack.issuer, Audience: stack.audience, Algorithm: stack.algorithm };
  $("facts").replaceChildren(...Object.entries(facts).filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]));
  $("legend").replaceChildren(...Object.values(KINDS).map((kind) => el("li", {}, icon(kind.shape), `${kind.word}: ${kind.means}`)));
  const form = $("compose");
  form.elements.issuer.value = stack.issuer ?? "";
  form.elements.audience.value = stack.audience ?? "";
  form.elements.algorithm.replaceChildren(...stack.algorithms.map((name) => el("option", { selected: name === stack.algorithm }, name)));
  drawTable();
  drawParts([], "");
  await Promise.all([askAll(), drawChange()]);
}

$("again").addEventListener("click", () => attempt(askAll));
$("send").addEventListener("click", () => attempt(send));
$("copy").addEventListener("click", copy);
$("back").addEventListener("click", back);
document.addEventListener("keydown", (event) => { if (event.key === "Escape" && !$("why").hidden) back(); });
$("add-claim").addEventListener("click", addClaim);
$("forget").addEventListener("click", forget);
$("compose").addEventListener("submit", (event) => { event.preventDefault(); attempt(() => compose(event.target)); });
$("paste").addEventListener("submit", (event) => { event.preventDefault(); attempt(() => use($("token").value, "Read.")); });
attempt(start);

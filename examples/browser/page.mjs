// The page: its fields, its pictures, its words. What it wants of a server it asks of `studio.py`.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const MOST_PICTURES = 24;
const OWN_FILE = "own file";
const base = new URL(".", import.meta.url).href;
const $ = (id) => document.getElementById(id);
const clock = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

let studio = null;
let seedKey = null;
let isRunning = false;
let isOpen = false;
let announced = -1;

function say(text, kind = "") {
  $("server-state").textContent = text;
  $("server-state").className = kind;
}

function refresh() {
  $("run").disabled = !(studio && isOpen) || isRunning;
  $("connect").disabled = !studio || isRunning;
  $("cancel").disabled = !isRunning;
  $("workflow").disabled = isRunning;
  $("seed").disabled = $("random").checked;
}

function showError(error) {
  $("error").hidden = !error;
  if (!error) return;
  $("error-title").textContent = error.title;
  $("error-text").textContent = error.text;
  $("error-list").replaceChildren(
    ...(error.list ?? []).map((line) => Object.assign(document.createElement("li"), { textContent: line })),
  );
  $("error-list").hidden = !error.list?.length;
  $("error-trace").textContent = error.trace ?? "";
  $("error-details").hidden = !error.trace;
  $("step").textContent = error.title;
  $("error").focus();
}

// Every answer of the studio is JSON; one with `error` tells what went wrong in words.
async function asked(promise) {
  const answer = JSON.parse(await promise);
  showError(answer.error);
  return answer.error ? null : answer;
}

async function connect() {
  const url = $("server").value.trim();
  say(`Connecting to ${url}…`);
  const answer = await asked(studio.connect(url));
  if (answer) say(`ComfyUI ${answer.version} at ${answer.url}`, "good");
  else say("Not connected", "bad");
  return Boolean(answer);
}

function close() {
  isOpen = false;
  $("form").dataset.open = "";
  refresh();
}

async function open(bytes) {
  close();
  const answer = await asked(studio.open(bytes));
  isOpen = Boolean(answer);
  $("form").dataset.open = answer ? $("workflow").value : "";
  const fields = (answer?.texts ?? []).map(({ key, label, value }, index) => {
    const field = document.createElement("div");
    const id = `text-${index}`;
    const name = Object.assign(document.createElement("label"), { htmlFor: id, textContent: label });
    const area = Object.assign(document.createElement("textarea"), { id, value, rows: 3 });
    area.dataset.key = key;
    field.append(name, area);
    return field;
  });
  $("texts").replaceChildren(...fields);
  seedKey = answer?.seed?.key ?? null;
  $("seed-row").hidden = seedKey === null;
  $("seed").value = answer?.seed?.value ?? "";
  refresh();
}

// The run itself tells that it was cancelled.
async function cancel() {
  const { error } = JSON.parse(await studio.cancel());
  if (error) showError(error);
}

async function choose() {
  const isOwn = $("workflow").value === OWN_FILE;
  $("file-row").hidden = !isOwn;
  if (!isOwn) {
    const answer = await fetch(`workflows/${$("workflow").value}`);
    await open(new Uint8Array(await answer.arrayBuffer()));
    return;
  }
  close();
  const [file] = $("file").files;
  if (file) await open(new Uint8Array(await file.arrayBuffer()));
}

const page = {
  progress(told) {
    const { fraction, node, value, max, remaining } = JSON.parse(told);
    page.begun ??= performance.now();
    $("progress").value = fraction;
    const steps = max ? `, step ${clock.format(value)} of ${clock.format(max)}` : "";
    const left = remaining ? `, about ${clock.format(Math.ceil(remaining))} s left` : "";
    $("step").textContent = `${clock.format(fraction * 100)} % · ${node ?? "waiting"}${steps}${left}`;
    $("preview-image").alt = `Preview of ${node ?? "the run"}${steps}`;
    // A screen reader hears of every quarter, not of every step.
    const quarter = Math.floor(fraction * 4);
    if (quarter > announced) {
      announced = quarter;
      $("live").textContent = `${quarter * 25} percent`;
    }
  },
  preview(data, type) {
    stage(data.toJs(), type);
    page.previews += 1;
  },
  note(text) {
    $("live").textContent = text;
    $("stage").dataset.note = text;
  },
  previews: 0,
  begun: undefined,
};
window.studioPage = page;

function show(image, bytes, type) {
  URL.revokeObjectURL(image.src);
  image.src = URL.createObjectURL(new Blob([bytes], { type }));
}

function stage(bytes, type) {
  if (bytes) show($("preview-image"), bytes, type);
  $("preview-image").hidden = !bytes;
  $("preview-empty").hidden = Boolean(bytes);
}

async function hang(pictures) {
  for (const [index, { name, node }] of pictures.entries()) {
    const data = await studio.picture(index);
    const item = document.createElement("li");
    const link = document.createElement("a");
    const image = document.createElement("img");
    const bytes = data.toJs();
    data.destroy();
    show(image, bytes, "");
    if (index === 0) {
      stage(bytes, "");
      $("preview-image").alt = `${name}, made by ${node}`;
    }
    image.alt = `${name}, made by ${node}`;
    Object.assign(link, { href: image.src, download: name });
    link.append(image, Object.assign(document.createElement("span"), { textContent: name }));
    item.append(link);
    $("pictures").prepend(item);
    $("no-results").hidden = true;
  }
  while ($("pictures").children.length > MOST_PICTURES) {
    URL.revokeObjectURL($("pictures").lastChild.querySelector("img").src);
    $("pictures").lastChild.remove();
  }
}

async function run() {
  const values = {};
  for (const area of $("texts").querySelectorAll("textarea")) values[area.dataset.key] = area.value;
  const isRandom = $("random").checked;
  // Seeds are larger than JavaScript's whole numbers: the digits go over as they are.
  const seed = seedKey && !isRandom ? `${JSON.stringify(seedKey)}:${BigInt($("seed").value || 0)}` : "";
  const texts = JSON.stringify(values).slice(1, -1);
  isRunning = true;
  announced = -1;
  page.previews = 0;
  refresh();
  showError(null);
  stage(null);
  delete $("stage").dataset.note;
  $("progress").value = 0;
  $("step").textContent = "Sent to the server";
  $("live").textContent = "The run has begun";
  try {
    const answer = await asked(studio.run(`{${[texts, seed].filter(Boolean).join(",")}}`, isRandom, page));
    if (!answer) return;
    $("progress").value = 1;
    $("step").textContent = `Done in ${answer.seconds.toFixed(1)} s`;
    $("live").textContent = `Done, ${answer.pictures.length === 1 ? "one picture" : `${answer.pictures.length} pictures`}`;
    const used = answer.seeds[seedKey];
    if (used) $("seed").value = used;
    await hang(answer.pictures);
  } catch (error) {
    showError({ title: "That did not work", text: "The page itself failed.", trace: String(error) });
  } finally {
    isRunning = false;
    refresh();
  }
}

async function start() {
  $("server").value = new URLSearchParams(location.search).get("server") ?? "http://127.0.0.1:8188";
  const read = async (path) => {
    const answer = await fetch(path);
    if (!answer.ok) throw new Error(`${path} is missing: lay the page out with scripts/browser_site.py`);
    return path.endsWith(".json") ? answer.json() : answer.text();
  };
  const load = async () => {
    const packages = (await read("packages.json")).map((path) => base + path);
    return loadPyodide({ indexURL: `${base}pyodide/`, packages });
  };
  const [python, code, workflows] = await Promise.all([load(), read("studio.py"), read("workflows/index.json")]);
  $("workflow").replaceChildren(
    ...workflows.map(({ file, name }) => new Option(name, file)),
    new Option("A file of yours…", OWN_FILE),
  );
  python.FS.writeFile("/home/pyodide/studio.py", code);
  studio = python.pyimport("studio").Studio();
  await choose();
  await connect();
  refresh();
  page.ready = performance.now();
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (!$("run").disabled) run();
});
$("cancel").addEventListener("click", cancel);
$("connect").addEventListener("click", connect);
$("server").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.ctrlKey) {
    event.preventDefault();
    if (!$("connect").disabled) connect();
  }
});
$("workflow").addEventListener("change", choose);
$("file").addEventListener("change", choose);
$("random").addEventListener("change", refresh);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) $("form").requestSubmit();
  if (event.key === "Escape" && isRunning) cancel();
});

start().catch((error) => {
  say("Python could not be started", "bad");
  showError({ title: "Python could not be started", text: String(error).split("\n")[0], trace: String(error) });
});

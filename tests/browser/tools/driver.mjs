// Drives Chromium for tests that are written in Python: one JSON object a line on standard input, one answer a line.
//
//   {"id": 1, "on": "browser", "do": "newPage", "with": [{"viewport": {...}}]}   answers with the page's name
//   {"id": 2, "on": "page-1", "do": "evaluate", "with": ["() => 1 + 1"]}         answers with what Playwright gave
//   {"id": 3, "on": "page-1", "do": "said"}                                      what the page wrote to its console
//
// It waits for nothing by itself, so that requests overlap as the tests want them to.
import readline from "node:readline";
import { chromium } from "playwright-core";

const browser = await chromium.launch({
  executablePath: process.argv[2],
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--ignore-certificate-errors",
    ...process.argv.slice(3),
  ],
});
const pages = new Map();
const said = new Map();

// Functions travel as text; Playwright would take a text for an expression.
const revived = (value) => (typeof value === "string" && /^(async )?\(.*\) =>/s.test(value) ? (0, eval)(value) : value);

async function newPage(options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.setDefaultTimeout(0);
  const name = `page-${pages.size + 1}`;
  pages.set(name, page);
  said.set(name, []);
  page.on("console", (message) => said.get(name).push(`${message.type()}: ${message.text()}`));
  page.on("websocket", (socket) => said.get(name).push(`websocket: ${socket.url()}`));
  page.on("pageerror", (error) => said.get(name).push(`uncaught: ${error.message}`));
  return name;
}

async function answer({ on, do: action, with: values = [] }) {
  if (on === "browser") return action === "newPage" ? newPage(...values) : browser.version();
  const page = pages.get(on);
  if (action === "said") return said.get(on);
  if (action === "close") return page.context().close();
  const result = await page[action](...values.map(revived));
  return ["goto", "reload", "waitForFunction", "waitForSelector"].includes(action) ? null : result;
}

const write = (object) => process.stdout.write(`${JSON.stringify(object)}\n`);
write({ id: 0, value: browser.version() });
const lines = readline.createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const request = JSON.parse(line);
  try {
    const value = await answer(request);
    write({ id: request.id, value: Buffer.isBuffer(value) ? value.length : (value ?? null) });
  } catch (error) {
    write({ id: request.id, error: String(error.message ?? error) });
  }
});
lines.on("close", async () => {
  await browser.close();
  process.exit(0);
});

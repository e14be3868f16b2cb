// Reads an AsyncAPI document with the official parser; anything it has to say but for its age fails.
import { readFile } from "node:fs/promises";
import { Parser } from "@asyncapi/parser";

const [path] = process.argv.slice(2);
const { document, diagnostics } = await new Parser().parse(await readFile(path, "utf8"), { source: path });

// The version that is written down is chosen on purpose.
const complaints = diagnostics.filter(({ code }) => code !== "asyncapi-latest-version");
for (const { code, message, path: place } of complaints) {
  console.error(`${place.join(".")}: ${message} (${code})`);
}
if (!document || complaints.length > 0) {
  process.exit(1);
}
const operations = document.allOperations().length;
const messages = document.allMessages().length;
console.log(`AsyncAPI ${document.version()}: ${operations} operations, ${messages} messages, nothing to complain of`);

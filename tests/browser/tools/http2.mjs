// A server that speaks HTTP/2 over TLS, as proxies do with browsers, and lets in pages of any origin.
//
//   node http2.mjs KEY CERTIFICATE
//
// It prints its port. `POST /taken` tells how long the body was, `GET /arrived` answers once any of it has come.
import fs from "node:fs";
import http2 from "node:http2";

const [key, cert] = process.argv.slice(2).map((path) => fs.readFileSync(path));
const open = {
  ":status": 200,
  "access-control-allow-origin": "*",
  "access-control-allow-methods": "*",
  "access-control-allow-headers": "*",
  "timing-allow-origin": "*",
};
let arrive;
const arrived = new Promise((resolve) => (arrive = resolve));

const server = http2.createSecureServer({ key, cert });
server.on("stream", async (stream, headers) => {
  stream.on("error", () => {});
  let size = 0;
  if (headers[":method"] === "POST") {
    try {
      for await (const piece of stream) {
        size += piece.length;
        arrive();
      }
    } catch {
      return; // the page gave up
    }
  } else if (headers[":path"] === "/arrived") {
    await arrived;
  }
  stream.respond({ ...open, "content-type": "application/json" });
  stream.end(headers[":method"] === "HEAD" ? undefined : JSON.stringify({ size }));
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));

// Queues a prompt, waits for it, and saves its picture: node build/main.js ADDRESS PICTURE
//
// The types in comfyui.ts are made from openapi/comfyui.yaml.
import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import createClient from "openapi-fetch";
import type { components, paths } from "./comfyui.js";

type OutputFile = components["schemas"]["OutputFile"];

const [address = "http://127.0.0.1:8188", picture = "picture.png"] = process.argv.slice(2);
const client = createClient<paths>({ baseUrl: address });

const queued = await client.POST("/api/prompt", {
  body: {
    prompt: {
      "1": { class_type: "EmptyImage", inputs: { width: 64, height: 48, batch_size: 1, color: 0x3366cc } },
      "2": { class_type: "SaveImage", inputs: { images: ["1", 0], filename_prefix: "typescript" } },
    },
  },
});
if (!queued.data) {
  throw new Error(`the prompt was refused: ${JSON.stringify(queued.error)}`);
}
const promptId = queued.data.prompt_id;

async function finished(): Promise<OutputFile> {
  for (let waited = 0; waited < 30_000; waited += 100) {
    const history = await client.GET("/api/history/{prompt_id}", { params: { path: { prompt_id: promptId } } });
    const outputs = history.data?.[promptId]?.outputs;
    if (outputs) {
      // What nodes return is open to anything; this is what a node that saves pictures returns.
      const saved = outputs["2"] as { images?: OutputFile[] } | undefined;
      const first = saved?.images?.[0];
      if (!first) {
        throw new Error("the prompt ended without a picture");
      }
      return first;
    }
    await sleep(100);
  }
  throw new Error("the prompt did not end");
}

const { filename, subfolder = "", type = "output" } = await finished();
const view = await client.GET("/api/view", {
  params: { query: { filename, subfolder, type: type as "output" } },
  parseAs: "arrayBuffer",
});
if (!view.data) {
  throw new Error(`the picture is not there: ${view.response.status}`);
}
await writeFile(picture, new Uint8Array(view.data));
console.log(`${promptId}: ${filename}, ${view.data.byteLength} bytes`);

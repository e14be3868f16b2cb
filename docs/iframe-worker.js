// Lets the search work where the site is opened from a disk. Browsers give pages of `file:` no workers, so the
// worker's script runs in a hidden frame; to the page it looks like a worker. Served over HTTP, this does nothing.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    #waiting = [];
    #send = (data) => this.#waiting.push(data);

    constructor(address) {
      super();
      const script = document.createElement("script");
      script.src = address;
      const frame = document.createElement("iframe");
      frame.hidden = true;
      frame.srcdoc = script.outerHTML;
      frame.addEventListener("load", () => {
        const inside = frame.contentWindow;
        inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
        this.#send = (data) => inside.dispatchEvent(new MessageEvent("message", { data }));
        this.#waiting.forEach(this.#send);
      });
      document.body.append(frame);
    }

    postMessage(data) {
      this.#send(data);
    }
  };
}

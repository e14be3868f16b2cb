// Loads Python with the wheels of the site, and does there what the tests ask for.
import { loadPyodide } from "./pyodide/pyodide.mjs";

const begun = (async () => {
  const packages = await (await fetch("packages.json")).json();
  return loadPyodide({
    indexURL: new URL("pyodide/", self.location.href).href,
    packages: packages.map((path) => new URL(path, self.location.href).href),
  });
})();

const actions = {
  // Writes the module whose functions are called.
  define: (python, name, code) => python.FS.writeFile(`/home/pyodide/${name}.py`, code),
  // Calls an async function with JSON, and gives JSON.
  call: (python, name, given) =>
    python.runPythonAsync(
      "import inside, json\njson.dumps(await getattr(inside, name)(**json.loads(given)))",
      { globals: python.toPy({ name, given }) },
    ),
  // Python entered in a way that no JSPI can suspend.
  callPlainly: (python, name) => python.runPython(`import inside, json\njson.dumps(inside.${name}())`),
  // Runs a piece of code by itself.
  run: (python, code) => python.runPythonAsync(code, { globals: python.toPy({}) }),
};

self.onmessage = async ({ data: { id, action, values } }) => {
  try {
    self.postMessage({ id, value: (await actions[action](await begun, ...values)) ?? null });
  } catch (error) {
    self.postMessage({ id, error: String(error) });
  }
};

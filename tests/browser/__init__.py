"""The client in a web page: Pyodide in headless Chromium, everything from loopback."""

"""The answers to requests, one module per subject.

Each module gives the routes of its subject; `comfy_emulator.application` puts them together.
"""

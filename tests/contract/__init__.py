"""What a ComfyUI server does, said once and held against the emulator and against real servers.

Written with plain httpx and websockets, so that no mistake of the SDK can hide here. Every test runs on the emulator
of each version, and, with `-m live`, on the server that `COMFYUI_URL` names, with the nodes of `tests/live/probe_nodes`
loaded. Where versions differ, the test says which does what. The suite leaves prompts, history and user files of
others alone and takes its own away; uploads go to the folder `contract-suite`, pictures are saved below it.
"""

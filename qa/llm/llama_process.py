"""The process that llama.cpp runs in: it serves one GGUF file on loopback until its parent dies or closes its input.

A line of JSON on standard input says what to serve; a line on standard output gives the address once the model is
loaded. The log of llama.cpp goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import threading


def main() -> None:
    task = json.loads(sys.stdin.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    ready = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints must not look like our line

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = task["file"]
    params.model_alias = {task["name"]}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [task["key"]]
    params.n_ctx = task["context"]
    params.n_batch = params.n_ubatch  # between batches it notices that the client has left
    params.verbosity = 1  # errors
    params.ui = False
    # The same prompt gives the same text only when it is computed alone and from its beginning: other requests in the
    # batch, and a cache of an earlier prompt, change the last bits of the logits.
    params.n_parallel, params.cache_prompt, params.cache_ram_mib = 1, False, 0
    try:
        server = xllamacpp.Server(params)  # returns when the model is loaded
    except RuntimeError:
        sys.exit(1)  # llama.cpp's log, which tells why, is written out as the process ends in order
    ready.write(json.dumps({"address": server.listening_address}) + "\n")
    ready.close()
    threading.Event().wait()


def _end_with_parent() -> None:
    while os.read(0, 4096):  # a thread waiting in sys.stdin keeps the process from ending in order
        pass
    os._exit(0)  # a generation may be running, and nobody waits for it


if __name__ == "__main__":
    main()

"""The process that llama.cpp runs in: serves one GGUF file on loopback until its parent closes standard input or dies.

A line of JSON on standard input says what to serve; one on standard output says where, once the model is loaded.
What llama.cpp has to say goes to standard error.
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
    os.dup2(2, 1)  # whatever a library prints must not look like our answer

    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = task["file"]
    params.model_alias = {task["name"]}
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [task["key"]]
    params.n_ctx = task["context"]
    params.n_batch = params.n_ubatch  # between batches it sees that whoever asked has left
    params.verbosity = 1  # errors
    params.ui = False
    # The same prompt gives the same text only when it is computed alone and from its beginning: other requests in a
    # batch, and what was kept of an earlier prompt, change the last bits of its numbers.
    params.n_parallel, params.cache_prompt, params.cache_ram_mib = 1, False, 0
    try:
        server = xllamacpp.Server(params)  # returns when the model is loaded
    except RuntimeError:  # llama.cpp has said why
        os._exit(1)
    ready.write(json.dumps({"address": server.listening_address}) + "\n")
    ready.close()
    threading.Event().wait()


def _end_with_parent() -> None:
    sys.stdin.read()
    os._exit(0)  # a generation may be under way, and nobody waits for it


if __name__ == "__main__":
    main()

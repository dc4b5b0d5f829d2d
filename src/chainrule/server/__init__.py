"""A model answers over HTTP: the Open Inference Protocol for programs, pictures and a page for people.

    settings   limits and addresses          guard      who may ask: host, origin, token; limits of a request
    models     loaded, warmed, reloaded      batching   requests that wait are answered together, up to a bound
    protocol   the Open Inference Protocol   pictures   photos and arrays, answered for people
    decoder    pictures read in a process    app        which path is answered by what
    metrics    what was counted              run        start, signals, workers, stop
    short_way  the commonest request, past the HTTP library

Needs the extra `serve` (starlette, uvicorn). Arithmetic is NumPy's; nothing here imports JAX.
"""

"""The studio: a page in the browser where a network learns, can be stopped anywhere, and shows every number.

    chainrule studio

Server: `server` starts it, `app` has its routes, `guard` decides who may ask. Each session learns in a process of its
own (`session_process`). `page/` holds what the browser loads: plain modules, nothing to build. See docs/studio.md.
"""

"""Any other pipeline as a system: one of another framework, in an environment of its own, or an HTTP endpoint.

- ``worker``: runs in the other environment; imports the pipeline, asks it and reads its native replies;
- ``process``: starts the worker, and talks to it;
- ``pipelines``: ``langchain:module:attribute`` and its like as a system;
- ``endpoint``: ``http:TEMPLATE.json`` as a system;
- ``replies``: what either sends, as what is scored.
"""

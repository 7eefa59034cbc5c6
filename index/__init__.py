"""Files in, passages out: what is stored, embedded, searched and reranked.

Filling an index: ``ingest`` runs the stages ``changed``, ``file_update`` and ``write`` into the ``store`` and ends with
``refresh``, which brings the derived indexes ``vectors`` and ``lexical`` up to date; ``watch`` repeats that.
The store: ``schema`` has its tables, ``snapshot`` reads and ``transaction`` changes them.
Asking it: ``search``; ``catalogue`` lists what it holds.
Models: ``embed``, ``rerank``, ``models``, ``onnx``; ``recent`` remembers what they made for one question.
"""

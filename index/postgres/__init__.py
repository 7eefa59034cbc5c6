"""The same index in a PostgreSQL database with pgvector: needs the extra ``postgres``.

The tables are those of ``index.schema``, so that ``Snapshot`` and ``Transaction`` read and change them by the same SQL
(``connection`` translates its parameters). Beside them ``passages`` and ``postings`` hold what is searched: they change
in the same transaction, so that a snapshot finds what it holds, and nothing is ever behind.
"""

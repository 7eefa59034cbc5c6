"""The tables in PostgreSQL, in versions: each migration brings an index from the version before to the next.

They are those of ``index.schema``, column for column and in the same order. ``passages`` and ``postings`` come in
addition: they are what is searched. Functions that SQLite has and PostgreSQL lacks are defined, and text is compared by
code points, as SQLite compares it.
"""

from __future__ import annotations

from index.postgres.lexical import OF_CHUNK
from index.postgres.security import EMBEDDINGS, ROW_SECURITY

_FIRST = """
CREATE DOMAIN string AS text COLLATE "C";

CREATE TABLE meta (key string PRIMARY KEY, value string NOT NULL);

CREATE TABLE documents (
    id string PRIMARY KEY, text string NOT NULL, title string NOT NULL,
    sections string NOT NULL, pages string NOT NULL, blocks string NOT NULL, tables string NOT NULL,
    parser string NOT NULL, splitter string NOT NULL, language string NOT NULL
);

CREATE TABLE sources (
    path string NOT NULL, collection string NOT NULL, owner string NOT NULL,
    document string NOT NULL REFERENCES documents (id),
    parser string NOT NULL, modified double precision, metadata string NOT NULL,
    date string NOT NULL, dated_by string NOT NULL, version string NOT NULL, name string NOT NULL,
    title string NOT NULL, folder string NOT NULL, family string NOT NULL,
    PRIMARY KEY (path, collection, owner)
);
CREATE INDEX sources_of_document ON sources (document);
CREATE INDEX sources_of_name ON sources (collection, folder, name, owner);
CREATE INDEX sources_of_title ON sources (collection, folder, title, owner) WHERE title <> '';
CREATE INDEX sources_of_family ON sources (collection, family);
CREATE INDEX owned_sources ON sources (owner) WHERE owner <> '';

CREATE TABLE embeddings (key string PRIMARY KEY, vector bytea NOT NULL);

CREATE TABLE chunks (
    id bigint PRIMARY KEY, document string NOT NULL REFERENCES documents (id),
    "start" integer NOT NULL, "end" integer NOT NULL, embedding string REFERENCES embeddings (key)
);
CREATE INDEX chunks_of_document ON chunks (document);
CREATE INDEX chunks_of_embedding ON chunks (embedding) WHERE embedding IS NOT NULL;
CREATE INDEX chunks_without_embedding ON chunks (id) WHERE embedding IS NULL;

CREATE TABLE history (generation bigint PRIMARY KEY, state string NOT NULL, last_chunk bigint NOT NULL);
CREATE TABLE dropped (chunk bigint PRIMARY KEY, generation bigint NOT NULL, had_embedding boolean NOT NULL);
CREATE INDEX dropped_in_generation ON dropped (generation);

CREATE TABLE files (
    path string NOT NULL, collection string NOT NULL, owner string NOT NULL,
    digest string NOT NULL, reading string NOT NULL, modified double precision NOT NULL,
    parts integer NOT NULL, failed string NOT NULL,
    PRIMARY KEY (path, collection, owner)
);

CREATE TABLE sketches (document string PRIMARY KEY REFERENCES documents (id) ON DELETE CASCADE, hashes bytea NOT NULL);
CREATE TABLE probes (
    hash bigint NOT NULL, document string NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (hash, document)
);
CREATE INDEX probes_of_document ON probes (document);
CREATE TABLE alike (
    document string NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    other string NOT NULL REFERENCES documents (id) ON DELETE CASCADE,
    PRIMARY KEY (document, other)
);
CREATE INDEX alike_of_other ON alike (other);

-- What is searched of a chunk: its embedding to half precision (null: it has none), and how many terms it has.
CREATE TABLE passages (
    chunk bigint PRIMARY KEY REFERENCES chunks (id) ON DELETE CASCADE, near halfvec, terms integer NOT NULL
);

-- How often each term of a chunk is in it, and the chunk's length as BM25 counts it (index.postgres.lexical).
CREATE TABLE postings (
    chunk bigint NOT NULL REFERENCES chunks (id) ON DELETE CASCADE,
    frequency integer NOT NULL, length integer NOT NULL, term string NOT NULL,
    PRIMARY KEY (term, chunk) INCLUDE (frequency, length)
);
CREATE INDEX postings_of_chunk ON postings (chunk);

-- SQLite's functions over JSON that is kept as text.
CREATE FUNCTION json_each(text) RETURNS TABLE (value text) LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT jsonb_array_elements_text($1::jsonb) $$;
CREATE FUNCTION json_extract(text, text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT jsonb_path_query_first($1::jsonb, $2::jsonpath) #>> '{}' $$;
CREATE FUNCTION json_array_length(text) RETURNS integer LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT jsonb_array_length($1::jsonb) $$;
-- index.visibility; PostgreSQL does not backtrack, and has no groups against that.
CREATE FUNCTION matches(path text, expression text) RETURNS boolean LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT path ~ ('^(?:' || replace(expression, '(?>', '(?:') || ')$') $$
"""

_JOBS = """
CREATE TABLE jobs (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    path string NOT NULL, collection string NOT NULL, options string NOT NULL,  -- JSON
    status string NOT NULL DEFAULT 'waiting' CHECK (status IN ('waiting', 'running', 'done', 'failed')),
    attempts integer NOT NULL DEFAULT 0, reason string NOT NULL DEFAULT '',
    worker integer, host string NOT NULL DEFAULT '', -- that has it, or had it last
    queued timestamptz NOT NULL DEFAULT now(), began timestamptz, ended timestamptz,
    UNIQUE (path, collection)
);
CREATE INDEX waiting_jobs ON jobs (attempts, id) WHERE status = 'waiting';
CREATE INDEX jobs_of_worker ON jobs (worker) WHERE status = 'running';
CREATE SEQUENCE workers AS integer CYCLE
"""

# How many passages there are and how many terms they have, which each question needs (index.postgres.transaction).
_TOTALS = """
CREATE TABLE totals (passages bigint NOT NULL, terms bigint NOT NULL);
INSERT INTO totals SELECT count(*), coalesce(sum(terms), 0) FROM passages
"""

# Looking up the passage of each term was a third of what loading takes: who drops a passage drops its terms.
_UNREFERENCED = "ALTER TABLE postings DROP CONSTRAINT IF EXISTS postings_chunk_fkey"

# In how many passages each term is: counting the postings of common terms took longer than reading those of rare ones.
COUNT_TERMS = "INSERT INTO occurrences SELECT term, count(*) FROM postings GROUP BY term"
_OCCURRENCES = f"""
DROP FUNCTION occurrences;
CREATE TABLE occurrences (term string PRIMARY KEY, passages bigint NOT NULL);
{COUNT_TERMS}
"""

# An index of blocks in place of one of rows, which was a fourth of what loading takes; and embeddings are read without
# the audiences of all documents, of which PostgreSQL made a table for each question.
_BLOCKS = f"DROP INDEX IF EXISTS postings_of_chunk; {OF_CHUNK} {EMBEDDINGS}"

# The version of an index is the number of these that it has been through. What is released stays as it is.
MIGRATIONS = (_FIRST, _JOBS, _TOTALS, ROW_SECURITY, _UNREFERENCED, EMBEDDINGS, _OCCURRENCES, _BLOCKS)

"""Row-level security: PostgreSQL itself shows a transaction no more than the scope that it says it reads for.

The setting ``refdesk.scope`` says what is seen: who writes or checks an index sees ``EVERYTHING``, and a question what
its scope may see (the function ``limit_to``). Who says nothing sees nothing. A scope is set for a transaction alone, so
that a connection carries it to no other.

What a document's sources show of it is its *audience*, a number for a set of pairs of owner and collection, which its
passages and their terms carry, too (``index.postgres.audiences``). A table that comes is to be in ``VISIBLE`` where it
holds anything of documents, with its policy in its own migration.
"""

from __future__ import annotations

SETTING = "refdesk.scope"
EVERYTHING = "everything"

# A setting is read once for a statement, in a sub-select, and not for each row. One that is not set may be empty.
_SAID = "(SELECT nullif(current_setting('refdesk.{name}', true), '')::{type})::{type}"
_EVERYTHING = f"(SELECT current_setting('{SETTING}', true) = '{EVERYTHING}')"
_SEEN = (
    f"owner IN ('', {_SAID.format(name='reader', type='text')}) AND (owner <> ''"
    f" OR (collection = ANY({_SAID.format(name='collections', type='text[]')}))"
    f" <> {_SAID.format(name='hidden', type='boolean')})"
)
_OF_AUDIENCE = f"audience = ANY({_SAID.format(name='audiences', type='integer[]')})"
_OF_DOCUMENT = "EXISTS (SELECT 1 FROM document_audiences AS shown WHERE shown.document = {})"
AUDIENCE_SEEN = f"({_EVERYTHING} OR {_OF_AUDIENCE})"

# Which rows of each table a scope sees; all other tables hold nothing of documents.
VISIBLE = {
    "sources": _SEEN,
    "files": _SEEN,
    "audience_members": _SEEN,
    "document_audiences": _OF_AUDIENCE,
    "documents": _OF_DOCUMENT.format("documents.id"),
    "chunks": _OF_DOCUMENT.format("chunks.document"),
    "sketches": _OF_DOCUMENT.format("sketches.document"),
    "probes": _OF_DOCUMENT.format("probes.document"),
    "alike": f"{_OF_DOCUMENT.format('alike.document')} AND {_OF_DOCUMENT.format('alike.other')}",
    "embeddings": "EXISTS (SELECT 1 FROM chunks WHERE chunks.embedding = embeddings.key)",
    "passages": _OF_AUDIENCE,
    "postings": _OF_AUDIENCE,
    "jobs": "false",
}

# audience_keys names the audience of each document: the SHA-256 of its pairs of owner and collection.
_AUDIENCES = """
CREATE TABLE audiences (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key string NOT NULL UNIQUE);
CREATE TABLE audience_members (
    owner string NOT NULL, collection string NOT NULL,
    audience integer NOT NULL REFERENCES audiences (id) ON DELETE CASCADE,
    PRIMARY KEY (owner, collection, audience)
);
CREATE INDEX members_of_audience ON audience_members (audience);
CREATE TABLE document_audiences (document string PRIMARY KEY, audience integer NOT NULL REFERENCES audiences (id));
CREATE INDEX documents_of_audience ON document_audiences (audience);

CREATE VIEW audience_keys WITH (security_invoker = true) AS
    SELECT document, encode(sha256(convert_to(
        jsonb_agg(DISTINCT jsonb_build_array(owner, collection))::text, 'UTF8'
    )), 'hex') AS key
    FROM sources GROUP BY document;

INSERT INTO audiences (key) SELECT DISTINCT key FROM audience_keys;
INSERT INTO document_audiences SELECT document, audiences.id FROM audience_keys JOIN audiences USING (key);
INSERT INTO audience_members
    SELECT DISTINCT owner, collection, audience FROM document_audiences JOIN sources USING (document);

ALTER FUNCTION json_each(text) ROWS 100;  -- else indexes are not used for lists of some hundred ids

-- Both tables anew, and not updated: each row would be indexed once more. The index of vectors comes back by itself.
ALTER TABLE passages RENAME TO former_passages;
CREATE TABLE passages AS
    SELECT chunk, near, terms, audience
    FROM former_passages JOIN chunks ON chunks.id = chunk JOIN document_audiences USING (document);
DROP TABLE former_passages;
ALTER TABLE passages
    ALTER terms SET NOT NULL, ALTER audience SET NOT NULL,
    ADD PRIMARY KEY (chunk), ADD FOREIGN KEY (chunk) REFERENCES chunks (id) ON DELETE CASCADE;

ALTER TABLE postings RENAME TO former_postings;
CREATE TABLE postings AS
    SELECT chunk, frequency, length, CAST(term AS text) COLLATE "C" AS term, audience  -- shards know no domain
    FROM former_postings JOIN passages USING (chunk);
DROP TABLE former_postings;
ALTER TABLE postings
    ALTER chunk SET NOT NULL, ALTER frequency SET NOT NULL, ALTER length SET NOT NULL, ALTER audience SET NOT NULL,
    ADD PRIMARY KEY (term, chunk) INCLUDE (frequency, length, audience),
    ADD FOREIGN KEY (chunk) REFERENCES chunks (id) ON DELETE CASCADE;
CREATE INDEX postings_of_chunk ON postings (chunk);
"""

# Lets the transaction see what the owner and the collections of a scope show, and nothing else.
_LIMIT = """
CREATE FUNCTION limit_to(reader text, collections text[], are_hidden boolean) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('refdesk.scope', 'limited', true),
        set_config('refdesk.reader', reader, true),
        set_config('refdesk.collections', collections::text, true),
        set_config('refdesk.hidden', are_hidden::text, true);
    PERFORM set_config('refdesk.audiences', ARRAY(
        SELECT DISTINCT audience FROM audience_members WHERE owner IN ('', reader)
    )::text, true);
END $$;
"""

# The embeddings of those of the chunks that are visible: each is looked up once, where the policies, for more than a
# few chunks, would read the audiences of all documents.
EMBEDDINGS = f"""
CREATE OR REPLACE FUNCTION embeddings_of(bigint[]) RETURNS TABLE (number bigint, embedded bytea) LANGUAGE plpgsql AS $$
DECLARE
    scope text := current_setting('{SETTING}', true);
    shown integer[] := {_SAID.format(name="audiences", type="integer[]")};
BEGIN
    PERFORM set_config('{SETTING}', '{EVERYTHING}', true);
    RETURN QUERY
        SELECT id, vector FROM chunks JOIN embeddings ON key = embedding
        WHERE id = ANY($1) AND (scope = '{EVERYTHING}' OR (
            SELECT audience FROM document_audiences AS own WHERE own.document = chunks.document
        ) = ANY(shown));
    PERFORM set_config('{SETTING}', scope, true);
END $$;
"""


def policies(*tables: str, of: str = "") -> str:
    """SQL that limits the tables to what a scope sees, for their owner, too; ``of``: a part of the table instead."""
    return "".join(
        f"ALTER TABLE {of or table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY scope ON {of or table} USING ({_EVERYTHING} OR ({VISIBLE[table]}));\n"
        for table in tables
    )


# Counts how rare a term is; a table holds that now (index.postgres.schema).
_OCCURRENCES = f"""
CREATE FUNCTION occurrences(text[]) RETURNS TABLE (word text, total bigint) LANGUAGE plpgsql ROWS 10 AS $$
DECLARE
    scope text := current_setting('{SETTING}', true);
BEGIN
    PERFORM set_config('{SETTING}', '{EVERYTHING}', true);
    RETURN QUERY SELECT term::text, count(*) FROM postings WHERE term = ANY($1) GROUP BY term;
    PERFORM set_config('{SETTING}', scope, true);
END $$;
"""

ROW_SECURITY = _AUDIENCES + _LIMIT + EMBEDDINGS + _OCCURRENCES + policies(*VISIBLE)

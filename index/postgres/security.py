"""Row-level security: PostgreSQL itself shows a transaction no more than the scope that it says it reads for.

The setting ``refdesk.scope`` says who reads, in JSON: who writes or checks an index sees ``EVERYTHING``, and a question
what its scope may see (``scope_setting``). Who says nothing sees nothing. A scope is set for a transaction alone, so
that a connection carries it to no other.

What a passage is made searchable by has no owner and no collection; it carries its document's *audience* instead, a
number for a set of pairs of owner and collection (``index.postgres.audiences``).
"""

from __future__ import annotations

import json

from index.passage import Scope

SETTING = "refdesk.scope"
EVERYTHING = '{"everything": true}'


def scope_setting(scope: Scope) -> str:
    """What the setting is for a reader who may see what the scope's owner and its collections show.

    What the scope leaves out of that is not kept from the reader, who does not ask for it.
    """
    named, hidden = sorted(scope.collections.named), scope.collections.hidden
    return json.dumps({"owner": scope.owner or "", "collections": named, "hidden": hidden})


_FUNCTIONS = f"""
CREATE FUNCTION scope_says(part text) RETURNS jsonb LANGUAGE sql STABLE PARALLEL SAFE
    RETURN nullif(current_setting('{SETTING}', true), '')::jsonb -> part;
CREATE FUNCTION sees_everything() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN coalesce(scope_says('everything')::boolean, false);
CREATE FUNCTION reader() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE
    RETURN scope_says('owner') #>> '{{}}';
CREATE FUNCTION named_collections() RETURNS text[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(SELECT jsonb_array_elements_text(scope_says('collections')));
CREATE FUNCTION are_hidden() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE
    RETURN scope_says('hidden')::boolean;
"""

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

ALTER TABLE passages ADD audience integer;
UPDATE passages SET audience = document_audiences.audience
    FROM chunks JOIN document_audiences USING (document) WHERE chunks.id = chunk;
ALTER TABLE passages ALTER audience SET NOT NULL;

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

CREATE FUNCTION visible_audiences() RETURNS integer[] LANGUAGE sql STABLE PARALLEL SAFE
    RETURN ARRAY(SELECT DISTINCT audience FROM audience_members WHERE owner IN ('', reader()));
"""

# The embeddings of those of the chunks that are visible, which are not looked up once more for each embedding.
_EMBEDDINGS = f"""
CREATE FUNCTION embeddings_of(bigint[]) RETURNS TABLE (number bigint, embedded bytea) LANGUAGE plpgsql AS $$
DECLARE
    scope text := current_setting('{SETTING}', true);
    visible bigint[] := ARRAY(SELECT id FROM chunks WHERE id = ANY($1));
BEGIN
    PERFORM set_config('{SETTING}', '{EVERYTHING}', true);
    RETURN QUERY SELECT id, vector FROM chunks JOIN embeddings ON key = embedding WHERE id = ANY(visible);
    PERFORM set_config('{SETTING}', scope, true);
END $$;
"""

# A function in a sub-select is called once for a statement, and not for each row.
_SEEN = (
    "owner IN ('', (SELECT reader())) AND"
    " (owner <> '' OR (collection = ANY((SELECT named_collections())::text[])) <> (SELECT are_hidden()))"
)
_OF_AUDIENCE = "audience = ANY((SELECT visible_audiences())::integer[])"
_OF_DOCUMENT = "EXISTS (SELECT 1 FROM sources WHERE sources.document = {})"

# Which rows of each table a scope sees; all other tables hold nothing of documents.
VISIBLE = {
    "sources": _SEEN,
    "files": _SEEN,
    "audience_members": _SEEN,
    "documents": _OF_DOCUMENT.format("documents.id"),
    "chunks": _OF_DOCUMENT.format("chunks.document"),
    "sketches": _OF_DOCUMENT.format("sketches.document"),
    "probes": _OF_DOCUMENT.format("probes.document"),
    "alike": f"{_OF_DOCUMENT.format('alike.document')} AND {_OF_DOCUMENT.format('alike.other')}",
    "document_audiences": _OF_DOCUMENT.format("document_audiences.document"),
    "embeddings": "EXISTS (SELECT 1 FROM chunks WHERE chunks.embedding = embeddings.key)",
    "passages": _OF_AUDIENCE,
    "postings": _OF_AUDIENCE,
    "jobs": "false",
}


AUDIENCE_SEEN = f"((SELECT sees_everything()) OR {_OF_AUDIENCE})"


def policies(*tables: str, of: str = "") -> str:
    """SQL that limits the tables to what a scope sees, for their owner, too; ``of``: a part of the table instead."""
    return "".join(
        f"ALTER TABLE {of or table} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;\n"
        f"CREATE POLICY scope ON {of or table} USING ((SELECT sees_everything()) OR ({VISIBLE[table]}));\n"
        for table in tables
    )


def occurrences(*tables: str) -> str:
    """SQL of the function that says in how many passages of the tables terms are, whoever asks.

    How rare a term is does not depend on that.
    """
    counted = " UNION ALL ".join(
        f"SELECT term, count(*) FROM {table} WHERE term = ANY($1) GROUP BY term" for table in tables
    )
    return f"""
CREATE FUNCTION occurrences(text[]) RETURNS TABLE (word text, total bigint) LANGUAGE plpgsql ROWS 10 AS $$
DECLARE
    scope text := current_setting('{SETTING}', true);
BEGIN
    PERFORM set_config('{SETTING}', '{EVERYTHING}', true);
    RETURN QUERY SELECT part.term, sum(part.found)::bigint FROM ({counted}) AS part (term, found) GROUP BY part.term;
    PERFORM set_config('{SETTING}', scope, true);
END $$;
"""


ROW_SECURITY = _FUNCTIONS + _AUDIENCES + _EMBEDDINGS + occurrences("postings") + policies(*VISIBLE)

"""A worker that ``test_index_jobs`` kills: says "at it" when it has begun a file that it will never finish."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from fakes import Desk, WordEmbedder, small_splitter

from index.address import DatabaseUrl
from index.ingest import Ingest
from index.postgres.jobs import Jobs
from index.postgres.store import PostgresStore
from index.work import work


class Endless(WordEmbedder):
    def embed(self, texts, kind):  # type: ignore[no-untyped-def]
        if any("endless" in text for text in texts):
            print("at it", flush=True)
            time.sleep(600)
        return super().embed(texts, kind)


def main() -> None:
    url, schema, folder = sys.argv[1:]
    desk = Desk(Path(folder), store=PostgresStore(DatabaseUrl(url), schema=schema), embedder=Endless())
    one_by_one = Ingest(desk.store, desk.embedder, small_splitter(), characters_at_once=1)
    list(work(Jobs(desk.store), one_by_one, until_empty=True))  # type: ignore[arg-type]


if __name__ == "__main__":
    main()

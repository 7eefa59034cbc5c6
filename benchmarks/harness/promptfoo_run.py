"""promptfoo over the sample documents, by its Python, OpenAI and HTTP providers; prints what it counts.

    npm install --prefix PROMPTFOO promptfoo@0.123.1 node@22.23.3        # it wants Node 22.22 or later
    python -m benchmarks.harness.promptfoo_run --promptfoo PROMPTFOO

For each provider: what Refdesk's checks say of the answers that promptfoo kept, and the share of its assertions that
pass: ``contains-any`` of a gold answer where there is one, ``is-refusal`` and ``not-guardrails`` where there is none,
and on the first question Refdesk's check as an assertion.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks.harness.checks import FIGURES, Checks, means, told
from benchmarks.harness.promptfoo_checks import ASSERTED, answer_of
from benchmarks.harness.sample import served

HERE = Path(__file__).parent
METRICS = ("contains", "is-refusal", "not-guardrails", ASSERTED)


def _asked(results: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """What promptfoo has of each question and provider.

    Raises:
        RuntimeError: a provider failed; the message is the first line of its error.
    """
    for one in results["results"]["results"]:
        # An assertion that failed is an error, too: it has an answer and its grades.
        if one.get("error") and not (one.get("gradingResult") and one.get("response")):
            raise RuntimeError(f"promptfoo: {one['error'].splitlines()[0]}")
        yield one


def shares(results: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """By the provider's label, the share of the assertions of each metric that pass; None where there are none."""
    found: dict[str, dict[str, list[bool]]] = {}
    for one in _asked(results):
        own = found.setdefault(one["provider"]["label"], {})
        for part in one["gradingResult"]["componentResults"]:
            own.setdefault(part["assertion"]["metric"], []).append(bool(part["pass"]))
    return {
        label: {name: sum(own[name]) / len(own[name]) if name in own else None for name in METRICS}
        for label, own in sorted(found.items())
    }


def checked(results: Mapping[str, Any], checks: Checks) -> dict[str, dict[str, float | None]]:
    """By the provider's label, the figures of the answers that promptfoo kept; of texts alone, none of citations."""
    rows: dict[str, list[dict[str, float]]] = {}
    for one in _asked(results):
        response = one["response"]
        answer = answer_of(response.get("output") or "", response)
        values = checks.of(one["vars"]["question"], answer)
        known = FIGURES if answer is None or "schema" in answer else ("right", "F1")
        rows.setdefault(one["provider"]["label"], []).append({own: values[own] for own in known if own in values})
    return {label: means(own) for label, own in rows.items()}


def run(folder: Path, url: str) -> Mapping[str, Any]:
    """What promptfoo, installed by npm in ``folder``, writes of the desk at ``url`` and of one in its own process.

    Raises:
        RuntimeError: it did not finish; the message is its last line.
    """
    modules = folder / "node_modules"
    node = modules / "node" / "bin" / "node"
    script = modules / "promptfoo" / "dist" / "src" / "entrypoint.js"
    with tempfile.TemporaryDirectory() as scratch:
        written = Path(scratch) / "results.json"
        command = [
            str(node if node.exists() else "node"), str(script), "eval", "-c", str(HERE / "promptfooconfig.yaml"),
            "-o", str(written), "-j", "1", "--no-cache", "--no-table", "--no-progress-bar", "--no-write",
        ]  # fmt: skip
        environment = {
            **os.environ, "DESK_URL": url, "PROMPTFOO_PYTHON": sys.executable, "PYTHONPATH": str(HERE.parents[1]),
            "PROMPTFOO_CONFIG_DIR": scratch, "PROMPTFOO_DISABLE_TELEMETRY": "1", "PROMPTFOO_DISABLE_UPDATE": "1",
            "PROMPTFOO_DISABLE_SHARING": "1", "REQUEST_TIMEOUT_MS": "900000",
        }  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=HERE)
        if not written.exists():  # a failed assertion alone is an exit code, too
            raise RuntimeError(f"promptfoo did not finish: {((done.stderr or done.stdout).strip() or '?')[-500:]}")
        results: Mapping[str, Any] = json.loads(written.read_text("utf-8"))
        return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--promptfoo", type=Path, required=True, metavar="FOLDER", help="where npm installed it")
    chosen = parser.parse_args()
    with served() as url:
        results = run(chosen.promptfoo.resolve(), url)
    by_refdesk = checked(results, Checks())
    for label, figures in shares(results).items():
        print(told(f"promptfoo, provider {label}", by_refdesk[label] | figures))


if __name__ == "__main__":
    main()

"""A deep look at the index, for `assistant doctor`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from assistant.index.catalogue import Catalogue
from assistant.index.dense import ids_digest
from assistant.index.state import LEXICAL, State, damage_of
from assistant.index.store import SegmentStore

REBUILD = "Run `assistant ingest --rebuild`."


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and what to run where it is not well."""

    ok: bool
    subject: str
    message: str
    remedy: str = ""


def inspect(folder: Path, state: State, catalogue: Catalogue, store: SegmentStore) -> list[Finding]:
    """Compare files, catalogue and both engines with what was published."""
    findings = []
    health = catalogue.integrity()
    findings.append(Finding(health == "ok", "catalogue", f"SQLite says {health}", REBUILD))
    problems = damage_of(folder, state, whole=True)
    message = "; ".join(problems) if problems else "all files are as they were published"
    findings.append(Finding(not problems, "index files", message, REBUILD))
    if problems:
        return findings

    reply = store.examine(folder / LEXICAL / state.lexical, state, catalogue)
    if "error" in reply:
        return [*findings, Finding(False, "index engines", str(reply["error"]), REBUILD)]
    alive = catalogue.article_ids(state.generation)
    wanted = [row[0] for row in catalogue.passages_of(alive)]
    found = reply["lexical"]
    same = found["count"] == len(wanted) and found["ids"] == ids_digest(wanted)
    message = f"tantivy holds {found['count']} of {len(wanted)} passages of {len(alive)} articles"
    findings.append(Finding(same, "lexical index", message, REBUILD))
    placed: set[str] = set()
    for segment, found in zip(state.segments, reply["segments"], strict=True):
        problem = segment_problem(catalogue, segment.name, found)
        placed |= {row[0] for row in catalogue.passages_of(catalogue.placed(segment.name))}
        message = problem or f"Chroma answers for {found['count']} passages"
        findings.append(Finding(not problem, f"vector segment {segment.name}", message, REBUILD))
    lost = len(set(wanted) - placed)
    message = f"{len(wanted) - lost} of {len(wanted)} passages have vectors"
    findings.append(Finding(lost == 0, "vectors", message, REBUILD))
    return findings


def segment_problem(catalogue: Catalogue, name: str, found: dict[str, Any]) -> str:
    """Compare what a segment holds with what was placed there; empty if all is well."""
    wanted = [row[0] for row in catalogue.passages_of(catalogue.placed(name))]
    if found["count"] != len(wanted) or found["ids"] != ids_digest(wanted):
        return f"Chroma holds {found['count']} passages, {len(wanted)} were placed there"
    if found["missed"]:
        return f"{len(found['missed'])} passages are not found by their own vector"
    return ""

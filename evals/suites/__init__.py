"""The question sets by name."""

from evals.suites.bipia import BIPIA
from evals.suites.files import BRIEFINGS, FEATURES, LONGREADS, SUMMIT, own_suite
from evals.suites.loading import DataError, LoadedSuite, Source, Suite, SuiteArticle
from evals.suites.mtrag import MTRAG
from evals.suites.ramdocs import RAMDOCS
from evals.suites.rgb import RGB
from evals.suites.rtqa import RTQA, RTQA_FIT
from evals.suites.squad2 import SQUAD2

SUITES = {
    suite.name: suite
    for suite in (
        SUMMIT,
        BRIEFINGS,
        FEATURES,
        LONGREADS,
        RTQA,
        SQUAD2,
        RGB,
        MTRAG,
        RAMDOCS,
        BIPIA,
        RTQA_FIT,
    )
}

__all__ = [
    "SUITES",
    "DataError",
    "LoadedSuite",
    "Source",
    "Suite",
    "SuiteArticle",
    "own_suite",
]

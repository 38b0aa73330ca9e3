"""Bulk ingestion: the long steps of a sync on many workers. The only place that imports Ray."""

from assistant.ingestion.cluster import refuse_unready
from assistant.ingestion.opening import open_work
from assistant.ingestion.ray_work import RayWork

__all__ = ["RayWork", "open_work", "refuse_unready"]

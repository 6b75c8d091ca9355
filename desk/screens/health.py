"""Whether the desk is alive, for whoever watches over it. Says nothing else."""

from fastapi import APIRouter

router = APIRouter()


@router.get("/health")
def health() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}

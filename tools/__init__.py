"""Programs for authors: each builds, fills, checks or draws one thing, run as `python -m tools.NAME`."""

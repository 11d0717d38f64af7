"""What several tests share."""

from dataclasses import replace

from tdbook.descent import practical_settings


def settings_for(target, m=6, **changes):
    return replace(practical_settings(target, m, 0.05, epochs=3, iterations=200), **changes)


def settings_for_coordinates(target, m, **changes):
    return replace(practical_settings(target, m, 0.05, epochs=5, iterations=300, literal=True), **changes)

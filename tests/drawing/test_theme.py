"""Colours that can be read, by everyone, on every background."""

import math

import pytest

from autograd_lite.drawing.theme import THEMES, blend, filling_of, find_theme

READABLE = 4.5  # WCAG 2.2, level AA, text of normal size
FILLS = ("paper", "input", "parameter", "constant", "operation", "result", "group", "active")


def contrast(a, b):
    """The contrast of two colours, from 1 to 21 (WCAG 2.2)."""
    brighter, darker = sorted((luminance(a), luminance(b)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def luminance(colour):
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    red, green, blue = [x / 12.92 if x <= 0.04045 else ((x + 0.055) / 1.055) ** 2.4 for x in channels(colour)]
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
@pytest.mark.parametrize("text", ["ink", "value", "gradient"])
def test_text_can_be_read_on_every_filling(theme, text):
    grounds = [getattr(theme, fill) for fill in FILLS]
    grounds += [filling_of(theme, x / 8.0, 1.0) for x in range(-8, 9)]
    for ground in grounds:
        assert contrast(getattr(theme, text), ground) >= READABLE, ground


@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_notes_and_anomalies_can_be_read_on_paper(theme):
    for text in (theme.faint, theme.anomaly):
        assert contrast(text, theme.paper) >= READABLE
    assert contrast(theme.faint, theme.group) >= READABLE


# How the three kinds of colour blindness see colours (Machado, Oliveira and Fernandes, 2009, severity 1.0).
BLINDNESS = {
    "protan": ((0.1523, 1.0526, -0.2049), (0.1145, 0.7863, 0.0992), (-0.0039, -0.0481, 1.0520)),
    "deutan": ((0.3673, 0.8606, -0.2280), (0.2801, 0.6725, 0.0474), (-0.0118, 0.0429, 0.9689)),
    "tritan": ((1.2555, -0.0767, -0.1788), (-0.0784, 0.9308, 0.1476), (0.0047, 0.6914, 0.3039)),
}  # fmt: skip


def channels(colour):
    return [int(colour[i : i + 2], 16) / 255.0 for i in (1, 3, 5)]


@pytest.mark.parametrize("matrix", BLINDNESS.values(), ids=BLINDNESS)
@pytest.mark.parametrize("theme", THEMES.values(), ids=THEMES)
def test_values_and_gradients_differ_for_colour_blind_readers(theme, matrix):
    def seen(colour):
        rgb = channels(colour)
        return [min(1.0, max(0.0, sum(a * b for a, b in zip(row, rgb, strict=True)))) for row in matrix]

    assert math.dist(seen(theme.value), seen(theme.gradient)) > 0.35


def test_the_scale_runs_from_orange_over_nothing_to_blue():
    theme = find_theme("light")
    assert filling_of(theme, 0.0, 1.0) == filling_of(theme, 0.0, 0.0) == theme.operation
    assert filling_of(theme, -2.0, 2.0) == theme.negative
    assert filling_of(theme, 2.0, 2.0) == theme.positive
    assert filling_of(theme, math.nan, 1.0) == theme.anomaly


def test_blend():
    assert blend("#102030", "#ffffff", 0.0) == "#102030"
    assert blend("#102030", "#ffffff", 1.0) == "#ffffff"


def test_an_unknown_theme_lists_the_known_ones():
    with pytest.raises(ValueError, match="'sepia'; choose 'light' or 'dark'"):
        find_theme("sepia")


def test_black_on_white_has_the_largest_contrast():
    assert round(contrast("#000000", "#ffffff")) == 21

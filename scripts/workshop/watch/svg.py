"""A writer of SVG, as little of it as a chart needs; text is escaped, and the XML always whole."""

from typing import Any
from xml.etree import ElementTree as Xml

Element = Xml.Element


def svg(width: float, height: float, title: str, description: str, style: str) -> Element:
    """Return an empty picture that scales, and says to who cannot see it what it shows."""
    size = {"width": _number(width), "height": _number(height)}
    box = f"0 0 {_number(width)} {_number(height)}"
    names = {"role": "img", "aria-labelledby": "title description"}
    root = Element("svg", {"xmlns": "http://www.w3.org/2000/svg", "viewBox": box, **size, **names})
    add(root, "title", title, id="title")
    add(root, "desc", description, id="description")
    add(root, "style", style)
    return root


def add(parent: Element, tag: str, text: str = "", css: str = "", **attributes: Any) -> Element:
    """Append an element. Shape: `css` is its class; numbers are rounded, `_` stands for `-`."""
    given = {name.replace("_", "-"): _value(value) for name, value in attributes.items()}
    element = Xml.SubElement(parent, tag, {**({"class": css} if css else {}), **given})
    element.text = _printable(text) or None
    return element


def as_text(root: Element) -> str:
    """Return the picture as a file has it."""
    Xml.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + Xml.tostring(root, "unicode") + "\n"


def _value(value: Any) -> str:
    return _number(value) if isinstance(value, int | float) else _printable(str(value))


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def _printable(text: str) -> str:
    """Return a text without what XML has no way to write."""
    return "".join(
        one if one.isprintable() or one in "\n" else "\N{REPLACEMENT CHARACTER}" for one in text
    )

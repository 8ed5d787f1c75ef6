"""Owns the texts that would act on a terminal, or on a reader, if they reached the screen as they are."""

from __future__ import annotations

PAYLOADS = {
    "clipboard": "\x1b]52;c;cm0gLXJm\x07",
    "title": "\x1b]0;owned\x07",
    "link": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "clear": "\x1b[2J\x1b[H",
    "up": "\x1b[10A",
    "device": "\x1b[c",
    "cursor": "\x1b[6n",
    "dcs": "\x1bP$qm\x1b\\",
    "apc": "\x1b_Gi=1;AAAA\x1b\\",
    "pm": "\x1b^x\x1b\\",
    "reset": "\x1bc",
    "alternate": "\x1b[?1049l",
    "csi8": "\x9b2J",
    "osc8": "\x9d0;owned\x9c",
    "dcs8": "\x90$qm\x9c",
    "unfinished": "\x1b]0;never ended",
    "answerback": "\x05",
    "null": "a\x00b",
    "backspace": "safe\x08\x08\x08\x08evil",
    "return": "safe\revil",
    "bell": "\x07",
    "shift": "\x0e\x0f",
    "feeds": "\x0b\x0c\x85",
    "bidi": "\u202eevil\u202c",
    "isolate": "\u2066evil\u2069",
    "mark": "a\u200eb\u200f\u061c",
    "zero": "e\u200bv\u200di\ufeffl",
    "tags": "\U000e0065\U000e0076",
    "selectors": "a\ufe00b\U000e0100",
    "separators": "a\u2028b\u2029c",
    "fillers": "\u3164\uffa0\u115f",
    "private": "\ue000\U000f0000\U0010fffd",
    "surrogate": "\udc9b2J",
    "nothing": "\ufffe\uffff",
}
"""By kind. Nothing of one may be in what a terminal gets."""

ODD_WIDTHS = "漢字 e\u0301 👩🏽 ｆｕｌｌ שלום ﷽ z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301"
"""Text that stays text: wide, combined, right to left, and a pile of marks."""

MARKUP = "[red]no[/red] [@click=app.quit]x[/] [/] [link=https://x] &#x202e; <b>"

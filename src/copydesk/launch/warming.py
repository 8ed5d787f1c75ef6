"""Owns when memory is looked through and what is loaded ahead, so that neither makes a person wait.

Until the first paint nothing is collected; after it, what the first reply and the first review need is loaded aside.
"""

import gc
from importlib import import_module

LOADED_AHEAD = ("copydesk.frontends.tui.transcript.reply", "copydesk.frontends.tui.review.opening")
"""What takes a tenth of a second and more when it is first used."""


def hold_collection() -> None:
    """Collect nothing while modules are loaded: they stay, and looking through them takes a twentieth of the start."""
    gc.disable()


def resume_collection() -> None:
    """Collect again, where it was held; what was loaded by now is never looked through."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def load_ahead() -> None:
    """Load what will be needed soon (blocking, for a thread)."""
    for name in LOADED_AHEAD:
        import_module(name)

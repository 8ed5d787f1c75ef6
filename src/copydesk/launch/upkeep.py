"""Owns the end of a session: the History is looked after, and what the person should know of that is said."""

from copydesk.assembly.place import Place
from copydesk.config import Config
from copydesk.domain.display import show
from copydesk.launch.terminal import complain


def look_after_history(place: Place, config: Config) -> None:
    """Keep the History small, if it is time to; what fails is said, and tried again another time."""
    if not place.state.store.exists():
        return
    from copydesk.assembly.upkeep import keep_up

    for sentence in keep_up(place, config):
        complain(show(sentence))

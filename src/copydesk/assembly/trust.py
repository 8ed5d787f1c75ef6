"""Owns what a person trusts of a workspace: its instruction files, and what its configuration would let happen.

Trust is bound to contents: another content is shown, and asked about, again.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from copydesk.assembly.place import Place, project_file
from copydesk.config import PROJECT_FILE, Trust, read_trust, write_trust
from copydesk.domain.errors import CopydeskError, UsageError
from copydesk.engine.mentions import INSTRUCTION_FILES


@dataclass(frozen=True, slots=True)
class TrustOffer:
    """What trusting a workspace would take in; bound to the contents that it was made from."""

    instructions: Trust
    """The instruction files that exist."""
    configuration: Trust
    """The workspace's configuration, where it adds something."""
    additions: tuple[str, ...]
    """What the configuration adds, a line each: rules that allow, and checks with their commands."""

    @property
    def digests(self) -> dict[str, str]:
        """Each file by its digest."""
        return {**self.instructions.digests, **self.configuration.digests}


def offer_trust(place: Place) -> TrustOffer:
    """Look at what there is to trust; nothing is trusted by that."""
    instructions = Trust(instruction_digests(place))
    project = project_file(place)
    added = tuple(project.additions()) if project else ()
    digests = {PROJECT_FILE: project.digest} if project and added else {}
    return TrustOffer(instructions, Trust(digests), added)


def accept_trust(place: Place, offer: TrustOffer) -> tuple[str, ...]:
    """Trust the files with the contents that the offer was made from, and name them."""
    write_trust(place.state.trust, Trust(offer.digests))
    return tuple(offer.digests)


def trust_instructions(place: Place) -> tuple[str, ...]:
    """Trust all that there is as it is now, and name it."""
    return accept_trust(place, offer_trust(place))


def instruction_digests(place: Place) -> dict[str, str]:
    """The workspace's instruction files that exist, by digest."""
    digests = {}
    for name in INSTRUCTION_FILES:
        try:
            image = place.files.read(name)
        except CopydeskError:
            continue
        if image:
            digests[name] = image.digest
    return digests


def trusts_instructions(place: Place) -> bool:
    """Whether the person trusted exactly these instruction files."""
    return read_trust(place.state.trust).covers_all(instruction_digests(place))


class TrustQuestion:
    """What a session said that trusting its workspace would take in, and the person's word for it.

    The word counts for what was said: where the configuration would add something else by then, it is said again.
    """

    def __init__(self, place: Place) -> None:
        self._place = place
        self._said: tuple[str, ...] = ()

    def notices(self) -> tuple[str, ...]:
        """Say what does not count for not being trusted, and what it would be."""
        return tuple(self._untrusted())

    def answer(self, is_begun: bool) -> str:
        """Trust what there is, if it is what was said; `is_begun` where the model got its instructions already."""
        try:
            offer = offer_trust(self._place)
        except UsageError as error:
            return str(error)
        if offer.additions and offer.additions != self._said:
            self._said = offer.additions
            return (
                f"Nothing was taken in: {PROJECT_FILE} is another one than was shown. It would add "
                f"{'; '.join(offer.additions)}. /trust once more takes it in."
            )
        return _taken_in(accept_trust(self._place, offer), is_begun)

    def _untrusted(self) -> Iterator[str]:
        trust = read_trust(self._place.state.trust)
        try:
            offer = offer_trust(self._place)
        except UsageError as error:
            # Whoever opened the workspace has read it; it is another one now.
            yield str(error)
            return
        self._said = offer.additions
        if not trust.covers_all(offer.instructions.digests):
            names = offer.instructions.digests
            taken = "it in as it is" if len(names) == 1 else "them in as they are"
            yield f"{', '.join(names)}: not trusted, so not given to the model; /trust (or --trust) takes {taken} now."
        if not trust.covers_all(offer.configuration.digests):
            added = "; ".join(offer.additions)
            taken = "/trust (or --trust) takes it in as it is now"
            yield f"{PROJECT_FILE}: not trusted, so without effect: {added}. {taken}."


def _taken_in(names: tuple[str, ...], is_begun: bool) -> str:
    if not names:
        missing = ", no ".join(INSTRUCTION_FILES)
        return f"Nothing here asks for trust: no {missing}, and no {PROJECT_FILE} that adds anything."
    listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    trusted = f"Trusted: {listed}, as {'it is' if len(names) == 1 else 'they are'} now"
    if is_begun:
        return f"{trusted}; that counts from the next session on (/new)."
    if PROJECT_FILE in names:
        return f"{trusted}. What {PROJECT_FILE} adds counts from the next session on (/new)."
    return f"{trusted}."

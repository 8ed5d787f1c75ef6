"""Owns the person's own keys: which bindings there are, and what is wrong with a map of keys, in sentences."""

from collections.abc import Iterator, Mapping, Sequence

from textual.binding import Binding, BindingType
from textual.dom import DOMNode
from textual.keys import KEY_ALIASES, Keys, _character_to_key

MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")
_NAMED = {key.value.rpartition("+")[2] for key in Keys} | set(KEY_ALIASES)

KeyMap = Mapping[str, Sequence[str]]
"""Id of a binding → its keys."""


def own_bindings(kind: type[DOMNode]) -> list[Binding]:
    """The bindings that a class itself declares, not those that it inherits."""
    declared: list[BindingType] = kind.__dict__.get("BINDINGS", [])
    return [binding for binding in declared if isinstance(binding, Binding)]


def keys_of(binding: Binding, keymap: KeyMap) -> tuple[str, ...]:
    """The keys of a binding, the person's where they gave it any, as Textual names them."""
    given = keymap.get(binding.id or "")
    keys = given or [key.strip() for key in binding.key.split(",")]
    return tuple(map(long_name, keys))


def long_name(key: str) -> str:
    """A key as Textual names it: `?` is `question_mark`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return "+".join([*modifiers, _character_to_key(last) if len(last) == 1 else last])


def short_name(key: str) -> str:
    """A key as people write it: `question_mark` is `?`."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    characters = [chr(code) for code in range(0x21, 0x7F) if _character_to_key(chr(code)) == last]
    return "+".join([*modifiers, characters[0] if characters and len(last) > 1 else last])


def as_textual(keymap: KeyMap) -> dict[str, str]:
    """The map as Textual takes it; keys that are none are left out."""
    usable = {name: ",".join(long_name(key) for key in keys if is_key(key)) for name, keys in keymap.items()}
    return {name: keys for name, keys in usable.items() if keys}


def is_key(key: str) -> bool:
    """Whether a terminal could ever send this key."""
    *modifiers, last = key.split("+") if len(key) > 1 else [key]
    return all(word in MODIFIERS for word in modifiers) and (len(last) == 1 or _is_named(last))


def _is_named(name: str) -> bool:
    characters = (_character_to_key(chr(code)) for code in range(0x21, 0x7F))
    return name in _NAMED or name in characters


def faults(keymap: KeyMap, places: Mapping[str, Sequence[Binding]]) -> Iterator[str]:
    """Say what is wrong with a person's keys; `places` are the bindings that are in force together, by place."""
    known = {binding.id for bindings in places.values() for binding in bindings if binding.id}
    for name, keys in keymap.items():
        if name not in known:
            yield f"{name}: there is no such command; /help lists them with their names."
        yield from (
            f"{name}: {key!r} is no key; one is written such as ctrl+t, f7 or ?." for key in keys if not is_key(key)
        )
    said: set[tuple[str, ...]] = set()
    for place, bindings in places.items():
        for key, names in _clashes(keymap, bindings):
            if names not in said:
                said.add(names)
                yield f"{short_name(key)}: stands for {' and '.join(names)} ({place}); give one of them another key."


def _clashes(keymap: KeyMap, bindings: Sequence[Binding]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Keys that stand for more than one thing because of the person's map."""
    by_key: dict[str, dict[str, None]] = {}
    for binding in bindings:
        for key in keys_of(binding, keymap):
            by_key.setdefault(key, {})[binding.id or binding.description] = None
    for key, names in by_key.items():
        if len(names) > 1 and any(name in keymap for name in names):
            yield key, tuple(names)

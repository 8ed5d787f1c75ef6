"""Owns both sides of a change as people read and rewrite them: decoded as its difference is."""

from copydesk.domain.forms import TextForm, decoded, form_of
from copydesk.domain.proposals import FileChange, FileImage


def texts_of(change: FileChange) -> tuple[str | None, str | None]:
    """Both sides as the difference has their lines; None for no file, and for what is no text."""
    sides = [image.data if image else None for image in (change.before, change.after)]
    form = form_of([side or b"" for side in sides], change.encoding)
    before, after = (_text(image, form, change) for image in (change.before, change.after))
    return before, after


def _text(image: FileImage | None, form: TextForm | None, change: FileChange) -> str | None:
    if image is None or change.diff.is_binary:
        return None
    if form is None or form.is_wide:
        return image.data.decode("utf-16", "replace") if form else None
    return decoded(image.data, form.encoding)

"""Owns the keys of the review, as people know them from other tools; every one can be given to another action."""

from textual.binding import Binding, BindingType

REVIEW_KEYS: list[BindingType] = [
    Binding("a", "decide('accept')", "accept", id="review.accept"),
    Binding("x", "decide('reject')", "reject", id="review.reject"),
    Binding("A", "decide_file('accept')", "accept the whole file", show=False, id="review.accept_file"),
    Binding("X", "decide_file('reject')", "reject the whole file", show=False, id="review.reject_file"),
    Binding("e", "edit", "edit", id="review.edit"),
    Binding("E", "edit_outside", "edit the hunk in your own editor", show=False, id="review.edit_outside"),
    Binding("c", "comment", "comment", id="review.comment"),
    Binding("s", "split", "split", id="review.split"),
    Binding("u", "undo", "undo", id="review.undo"),
    Binding("U", "redo", "redo what was undone", show=False, id="review.redo"),
    Binding("n", "hunk(1)", "hunk", id="review.next_hunk", key_display="n/p"),
    Binding("p,N", "hunk(-1)", "previous hunk, previous match", show=False, id="review.previous_hunk"),
    Binding("right_square_bracket", "file(1)", "file", id="review.next_file", key_display="]/["),
    Binding("left_square_bracket", "file(-1)", "previous file", show=False, id="review.previous_file"),
    Binding("j", "line(1)", "line down", show=False, id="review.down"),
    Binding("k", "line(-1)", "line up", show=False, id="review.up"),
    Binding("space", "page(1)", "read on, a page", show=False, id="review.page"),
    Binding("b", "page(-1)", "a page back", show=False, id="review.page_back"),
    Binding("f", "files", "files", id="review.files"),
    Binding("m", "mark", "mark the file as reviewed", show=False, id="review.mark"),
    Binding("v", "layout", "view", id="review.layout"),
    Binding("w", "wrap", "wrap", id="review.wrap"),
    Binding("o", "fold", "fold or unfold the file", show=False, id="review.fold"),
    Binding("slash", "search", "find", id="review.search", key_display="/"),
    Binding("R", "look", "look again at what is offered", show=False, id="review.look"),
    Binding("enter", "finish", "finish…", id="review.finish", key_display="enter"),
    Binding("question_mark", "app.help", "keys", id="help"),
    Binding("q,escape", "back", "leave", id="review.back", key_display="q"),
]

"""Owns the form in which SWE-bench reads answers: one JSON object a line."""


def prediction(instance: str, model: str, patch: bytes) -> dict[str, str]:
    """An answer as SWE-bench has it."""
    text = patch.decode("utf-8", "replace")
    return {"instance_id": instance, "model_name_or_path": f"copydesk/{model}", "model_patch": text}

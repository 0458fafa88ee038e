"""JSON for other systems: a key in `Authorization: Bearer`, problem+json on refusal."""

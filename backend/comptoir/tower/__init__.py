"""The tower: where promises will break before they do, and what a manager can do about it."""

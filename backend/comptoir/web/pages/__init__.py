"""HTML for people: cookie and htmx; one file per page."""

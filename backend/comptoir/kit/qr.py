"""A QR code as the path of one SVG, drawn on the server, so that it shows without a script."""

import segno


def qr_path(text: str) -> tuple[int, str]:
    """(side in modules, no border; path of the dark modules) for `viewBox="0 0 side side"`; error correction M."""
    path = []
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False, boost_error=False).matrix_iter(border=0)]
    for y, row in enumerate(rows):
        x = 0
        while x < len(row):
            run = 0
            while x + run < len(row) and row[x + run]:
                run += 1
            if run:
                path.append(f"M{x} {y}h{run}v1h-{run}z")
            x += run + 1
    return len(rows), "".join(path)

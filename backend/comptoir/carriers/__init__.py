"""Those who carry parcels: each speaks its carrier's protocol, says what it was told, and decides nothing."""

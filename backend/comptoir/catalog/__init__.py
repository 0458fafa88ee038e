"""What: articles, their barcodes, kits, and what may not be sold."""

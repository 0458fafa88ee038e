"""Invoices and credit notes: what is owed a document, its number, its figures to the cent, its words by their date, its page."""

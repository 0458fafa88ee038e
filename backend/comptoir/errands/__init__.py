"""Steps that speak with somebody outside (a printer, a carrier): what is intended is on file before, what came of it after."""

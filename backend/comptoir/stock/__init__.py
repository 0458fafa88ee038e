"""Stock: what each building holds, what of it is promised, and the ledger that proves both."""

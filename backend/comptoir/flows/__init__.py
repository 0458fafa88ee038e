"""One file per journey; the only place where nouns meet. Flows never open a transaction and never call the network."""

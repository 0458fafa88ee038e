"""Sales channels: shops send signed webhooks; one port turns each shop's words into ours, one intake works them off."""

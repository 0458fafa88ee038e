"""Who works here, what each role reaches, and how a person, a device or another system proves who it is."""

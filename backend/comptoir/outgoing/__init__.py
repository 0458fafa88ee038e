"""What other systems are told: signed webhooks to the endpoints that head office registers, and how well they take them."""

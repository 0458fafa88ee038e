"""Orders as Shopify sends them."""

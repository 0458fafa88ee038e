"""Orders as WooCommerce sends them."""

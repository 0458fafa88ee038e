"""Those who move money: each speaks its provider's protocol, says what it was told, and decides nothing."""

-- The floor under M5: what one SKU has to promise in each of the 200 stores, in store order, by one prepared statement.
\set sku 1000 + greatest(1, int(pow(0.8408964 + random(0, 999999) / 1000000.0 * 5.8451, 4)))
SELECT location, greatest(0, on_hand - reserved - safety_stock) AS available FROM stock_level WHERE sku = :sku ORDER BY location;

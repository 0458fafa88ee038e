-- The other floor under M5: what one store has to promise of 20 SKUs that follow one another, by one prepared statement.
\set sku random(1001, 2981)
\set location random(1001, 1200)
SELECT sku, greatest(0, on_hand - reserved - safety_stock) AS available FROM stock_level WHERE location = :location AND sku = ANY (ARRAY(SELECT n::text FROM generate_series(:sku::int, :sku::int + 19) AS n)) ORDER BY sku;

-- The last absolute figure of a place and SKU (a count, a snapshot) is asked for with every line of the till feed.
CREATE INDEX stock_movement_anchor ON stock_movement (sku, location, happened_at) WHERE fact IN ('snapshot', 'count');

-- Orders that share a walk: how many a store's cart takes, the order of the stops, and which tote is whose.
ALTER TABLE location ADD COLUMN cart_orders smallint NOT NULL DEFAULT 8 CHECK (cart_orders BETWEEN 1 AND 12);
ALTER TABLE location ADD COLUMN scan_totes boolean NOT NULL DEFAULT false;   -- the tote's label confirms where a unit went
ALTER TABLE pack ADD COLUMN walk jsonb NOT NULL DEFAULT '{}';   -- {minutes, totes beside works, stops [[place in works, line]]}
ALTER TABLE work ADD COLUMN tote smallint CHECK (tote BETWEEN 1 AND 99);   -- of the pack that it was last picked in

-- What belongs to an article (cable, charger, manual, box), of a SKU or of all of a category; what was found missing; units that are settled apart.
CREATE TABLE accessory (   -- a SKU's word stands over its category's under the same code; `used` false: it belongs to it no longer
  kind text NOT NULL CHECK (kind IN ('sku', 'category')), key text NOT NULL, code text NOT NULL, fr text NOT NULL, en text NOT NULL,
  keep_minor int NOT NULL DEFAULT 0 CHECK (keep_minor >= 0), place smallint NOT NULL DEFAULT 0, used boolean NOT NULL DEFAULT true,
  changed_at timestamptz NOT NULL, changed_who text NOT NULL, PRIMARY KEY (kind, key, code)
);
ALTER TABLE rma_unit ADD COLUMN wish text CHECK (wish IN ('refund', 'exchange', 'credit')),   -- what is given for this one, where it is not what all get
  ADD COLUMN absent jsonb NOT NULL DEFAULT '[]',   -- what was not with it, as it was worded and priced then
  ADD COLUMN kept_minor bigint NOT NULL DEFAULT 0, ADD CONSTRAINT rma_unit_kept CHECK (kept_minor >= 0 AND kept_minor + refund_minor <= paid_minor);

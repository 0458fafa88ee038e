-- Who brought something without a receipt, as a keyed digest of a phone number or an e-mail address; and what finds serial numbers again.
ALTER TABLE rma ADD COLUMN person bytea;
CREATE INDEX rma_person ON rma (person, opened_at) WHERE person IS NOT NULL;
CREATE INDEX rma_unit_serial ON rma_unit (sku, serial) WHERE serial IS NOT NULL;
CREATE INDEX device_event_long_code ON device_event ((body->>'work')) WHERE kind = 'pick' AND length(body->>'code') > 20;

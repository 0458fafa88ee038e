-- Invoices and credit notes: a counter per legal entity, series and year, the documents with their frozen content, the units
-- that each of them counts, and the file that was drawn once. Nothing of it is ever changed or deleted.
ALTER TABLE legal_entity
  ADD COLUMN country char(2) NOT NULL DEFAULT 'FR', ADD COLUMN rcs text NOT NULL DEFAULT '',
  ADD COLUMN capital_minor bigint CHECK (capital_minor > 0), ADD COLUMN time_zone text NOT NULL DEFAULT 'Europe/Paris';
ALTER TABLE channel RENAME COLUMN invoicing TO invoices;
ALTER TABLE channel ALTER COLUMN invoices SET DEFAULT 'at_hand_over';
UPDATE channel SET invoices = CASE invoices WHEN 'ours_at_hand_over' THEN 'at_hand_over' WHEN 'ours_at_confirmation' THEN 'at_confirmation'
  ELSE 'theirs' END;
ALTER TABLE channel ADD CHECK (invoices IN ('theirs', 'at_confirmation', 'at_hand_over'));
CREATE TABLE order_company (   -- the business that buys, where one does
  order_id uuid PRIMARY KEY, name text NOT NULL, siren text, vat_number text
);
CREATE TABLE document_counter (   -- the last number drawn; its row is the queue in which documents wait for theirs
  legal_entity text NOT NULL REFERENCES legal_entity ON DELETE RESTRICT, series text NOT NULL, year smallint NOT NULL,
  last int NOT NULL CHECK (last > 0), last_date date NOT NULL, PRIMARY KEY (legal_entity, series, year)
);
CREATE TABLE document (
  number text PRIMARY KEY CHECK (number ~ '^[A-Za-z0-9+_-]{1,35}$'), legal_entity text NOT NULL REFERENCES legal_entity ON DELETE RESTRICT,
  series text NOT NULL, year smallint NOT NULL, n int NOT NULL CHECK (n > 0), kind text NOT NULL CHECK (kind IN ('invoice', 'credit_note')),
  order_id uuid NOT NULL, cause_seq int NOT NULL, cites text REFERENCES document ON DELETE RESTRICT, issued_on date NOT NULL,
  made_at timestamptz NOT NULL, currency char(3) NOT NULL, vat_minor bigint NOT NULL, total_minor bigint NOT NULL, content jsonb NOT NULL,
  UNIQUE (legal_entity, series, year, n), CHECK ((kind = 'credit_note') = (cites IS NOT NULL)), CHECK (year = extract(year FROM issued_on))
);
CREATE UNIQUE INDEX document_cause ON document (order_id, cause_seq, legal_entity, kind, coalesce(cites, ''));
CREATE INDEX document_cites ON document (cites) WHERE cites IS NOT NULL;
CREATE TABLE document_unit (   -- the units of an order's needs that a document counts; line 0 is the shipping
  number text NOT NULL REFERENCES document ON DELETE RESTRICT, line smallint NOT NULL, part smallint NOT NULL,
  units int NOT NULL CHECK (units > 0), gross_minor bigint NOT NULL CHECK (gross_minor >= 0), PRIMARY KEY (number, line, part)
);
CREATE TABLE document_file (   -- drawn once; what was given to somebody is what is given to everybody
  number text PRIMARY KEY REFERENCES document ON DELETE RESTRICT, bytes bytea NOT NULL, sha256 bytea NOT NULL, drawn_at timestamptz NOT NULL,
  CHECK (sha256 = sha256(bytes))
);
CREATE FUNCTION document_stays() RETURNS trigger LANGUAGE plpgsql AS
  'BEGIN RAISE EXCEPTION ''documents are never changed'' USING ERRCODE = ''restrict_violation''; END';
CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE ON document FOR EACH ROW EXECUTE FUNCTION document_stays();
CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE ON document_unit FOR EACH ROW EXECUTE FUNCTION document_stays();
CREATE TRIGGER document_stays BEFORE UPDATE OR DELETE ON document_file FOR EACH ROW EXECUTE FUNCTION document_stays();

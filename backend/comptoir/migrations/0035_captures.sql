-- Captures and authorizations as their provider has them: when an authorization ends, when a payment is looked at next.
ALTER TABLE payment ADD COLUMN capture_before timestamptz,   -- until then what is authorized may be captured, as its provider says
  ADD COLUMN look_at timestamptz,   -- NULL: nobody waits to look
  ADD COLUMN looked_at timestamptz;
CREATE INDEX payment_look ON payment (look_at) WHERE look_at IS NOT NULL;
CREATE INDEX payment_authorized ON payment (looked_at) WHERE state = 'authorized';
CREATE INDEX payment_captured ON payment (captured_at) WHERE captured_at IS NOT NULL;
CREATE INDEX payment_named ON payment (reference) WHERE starts_with(reference, 'pi_');
ALTER TABLE payment_mismatch ADD COLUMN what text NOT NULL DEFAULT 'refund' CHECK (what IN ('refund', 'capture', 'void')), ADD COLUMN order_id uuid;

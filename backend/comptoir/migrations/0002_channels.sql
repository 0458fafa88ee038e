-- A shop's cancellation is kept apart from the order: it may arrive before the order itself does.
CREATE TABLE channel_cancel (
  order_id uuid PRIMARY KEY, channel text NOT NULL, external_id text NOT NULL,
  updated_at timestamptz,   -- the shop's own time of it; NULL = the order is gone there for good
  reason text NOT NULL DEFAULT '', noted_at timestamptz NOT NULL
);
CREATE INDEX webhook_inbox_failed ON webhook_inbox (received_at) WHERE state = 'failed';
CREATE INDEX webhook_inbox_received ON webhook_inbox (received_at);

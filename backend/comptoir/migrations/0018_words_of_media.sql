-- A text may say something else by SMS and as a notification; empty means the words of all.
ALTER TABLE message_text_version ADD COLUMN sms text NOT NULL DEFAULT '', ADD COLUMN push text NOT NULL DEFAULT '',
  ADD CHECK (how <> 'delivered' OR (sms = '' AND push = ''));
ALTER TABLE message ADD COLUMN sms text NOT NULL DEFAULT '', ADD COLUMN push text NOT NULL DEFAULT '';

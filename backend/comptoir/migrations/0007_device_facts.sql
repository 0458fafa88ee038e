-- A journal may go on from another one: the device says so, and nothing was lost in between.
ALTER TABLE journal ADD COLUMN follows uuid, ADD COLUMN follows_acked bigint;
-- What a device's own clock is off by, as its facts said last; NULL = within two minutes.
ALTER TABLE device ADD COLUMN clock_off_seconds int;
-- Why work ended that was not done here: 'moved' = another store does it.
ALTER TABLE work ADD COLUMN ended_because text;
CREATE INDEX device_event_pack ON device_event (pack) WHERE pack IS NOT NULL;
CREATE INDEX device_event_unlock ON device_event (sign_in) WHERE kind = 'unlock';

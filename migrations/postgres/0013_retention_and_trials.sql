-- A report that was removed under its agreement's retention: its document is empty, and this says which it was and why it went.
ALTER TABLE reports ADD COLUMN removed_at BIGINT;
ALTER TABLE reports ADD COLUMN removal TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN removal_signature BYTEA NOT NULL DEFAULT '';

-- A mail that shows somebody what a schedule would send: it counts as sent to nobody.
ALTER TABLE deliveries ADD COLUMN trial BOOLEAN NOT NULL DEFAULT FALSE;

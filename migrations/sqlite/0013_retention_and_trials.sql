-- A report that was removed under its agreement's retention: its document is empty, and this says which it was and why it went.
ALTER TABLE reports ADD COLUMN removed_at INTEGER;
ALTER TABLE reports ADD COLUMN removal TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN removal_signature BLOB NOT NULL DEFAULT X'';

-- A mail that shows somebody what a schedule would send: it counts as sent to nobody.
ALTER TABLE deliveries ADD COLUMN trial INTEGER NOT NULL DEFAULT 0 CHECK (trial IN (0, 1));

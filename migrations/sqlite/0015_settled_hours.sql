-- Hours before this one are settled: what was read of them holds until the number of their changes is another.
ALTER TABLE indicators ADD COLUMN settled_before INTEGER NOT NULL DEFAULT 0;
ALTER TABLE indicators ADD COLUMN settled_changes INTEGER NOT NULL DEFAULT 0;

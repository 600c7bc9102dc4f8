-- How often the indicator's ledger has changed: what was reckoned from it holds until the number is another.
ALTER TABLE indicators ADD COLUMN ledger_version BIGINT NOT NULL DEFAULT 0;

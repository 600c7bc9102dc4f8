-- What was judged, and what is on its way to whom.

CREATE TABLE evaluations (
    objective INTEGER PRIMARY KEY REFERENCES objectives (id),
    at INTEGER NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL CHECK (end_minute >= start_minute),
    good INTEGER NOT NULL CHECK (good >= 0),
    total INTEGER NOT NULL CHECK (total >= good),
    known INTEGER NOT NULL CHECK (known >= 0),
    status TEXT NOT NULL,
    since INTEGER NOT NULL,
    document TEXT NOT NULL
) STRICT;

CREATE TABLE reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    label TEXT NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL CHECK (end_minute > start_minute),
    revision INTEGER NOT NULL CHECK (revision > 0),
    provisional INTEGER NOT NULL CHECK (provisional IN (0, 1)),
    verdict TEXT NOT NULL,
    built_at INTEGER NOT NULL,
    document TEXT NOT NULL,
    UNIQUE (agreement, label, revision)
) STRICT;

CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    report INTEGER NOT NULL REFERENCES reports (id),
    recipient TEXT NOT NULL,
    message_id TEXT NOT NULL UNIQUE,
    mime BLOB NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'dead')),
    created_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    next_at INTEGER NOT NULL,
    last_at INTEGER,
    last_answer TEXT NOT NULL DEFAULT '',
    lease_holder TEXT NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE INDEX deliveries_by_report ON deliveries (report);
CREATE INDEX deliveries_queued ON deliveries (next_at) WHERE state = 'queued';

INSERT INTO sqlite_sequence (name, seq) VALUES ('reports', 5999), ('deliveries', 6999);

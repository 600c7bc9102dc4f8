-- What was counted: one row per indicator and hour. The sums always equal the sixty minutes packed in detail.

CREATE TABLE hours (
    indicator INTEGER NOT NULL REFERENCES indicators (id),
    hour INTEGER NOT NULL,
    good INTEGER NOT NULL CHECK (good >= 0),
    total INTEGER NOT NULL CHECK (total >= good),
    known INTEGER NOT NULL CHECK (known >= 0 AND known <= 60),
    detail BLOB NOT NULL,
    PRIMARY KEY (indicator, hour)
) STRICT, WITHOUT ROWID;

-- How far reading an indicator from its source has come.
CREATE TABLE pulls (
    indicator INTEGER PRIMARY KEY REFERENCES indicators (id),
    from_minute INTEGER NOT NULL,
    settled INTEGER,
    reached INTEGER,
    counters BLOB NOT NULL,
    finished_backfill_at INTEGER
) STRICT;

-- What Nines noticed about the data of an indicator or a source.
CREATE TABLE findings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL CHECK (subject IN ('indicator', 'source')),
    subject_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    message TEXT NOT NULL,
    first_at INTEGER NOT NULL,
    last_at INTEGER NOT NULL,
    times INTEGER NOT NULL CHECK (times > 0),
    resolved_at INTEGER,
    UNIQUE (subject, subject_id, kind)
) STRICT;

INSERT INTO sqlite_sequence (name, seq) VALUES ('findings', 8999);

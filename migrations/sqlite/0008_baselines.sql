-- What is usual for an objective, and what left it.

-- How it is watched, where people chose; a row that is missing means the defaults. Nothing from
-- before from_minute is learned.
CREATE TABLE baseline_settings (
    objective INTEGER PRIMARY KEY REFERENCES objectives (id),
    method TEXT NOT NULL,
    sensitivity TEXT NOT NULL,
    against TEXT,
    percent INTEGER CHECK (percent > 0 AND percent < 100),
    from_minute INTEGER,
    CHECK ((against IS NULL) = (percent IS NULL))
) STRICT;

-- What was learned: one row for each measure, all of an objective at the same minute. The memory is a row of floats.
CREATE TABLE baselines (
    objective INTEGER NOT NULL REFERENCES objectives (id),
    measure TEXT NOT NULL,
    settings TEXT NOT NULL,
    step INTEGER NOT NULL CHECK (step > 0),
    began_minute INTEGER NOT NULL,
    next_minute INTEGER NOT NULL,
    is_learning INTEGER NOT NULL CHECK (is_learning IN (0, 1)),
    memory BLOB NOT NULL,
    PRIMARY KEY (objective, measure)
) STRICT, WITHOUT ROWID;

-- What was expected of each hour before it began: for charts.
CREATE TABLE baseline_hours (
    objective INTEGER NOT NULL REFERENCES objectives (id),
    measure TEXT NOT NULL,
    hour INTEGER NOT NULL,
    expected REAL NOT NULL,
    low REAL,
    high REAL,
    PRIMARY KEY (objective, measure, hour)
) STRICT, WITHOUT ROWID;

CREATE TABLE anomalies (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    objective INTEGER NOT NULL REFERENCES objectives (id),
    measure TEXT NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL CHECK (end_minute > start_minute),
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)),
    score REAL NOT NULL,
    side TEXT NOT NULL CHECK (side IN ('above', 'below')),
    cause TEXT NOT NULL,
    value REAL NOT NULL,
    expected REAL NOT NULL,
    low REAL,
    high REAL,
    expected_by INTEGER REFERENCES users (id),
    expected_at INTEGER,
    is_like INTEGER REFERENCES anomalies (id),
    UNIQUE (objective, measure, start_minute)
) STRICT;

INSERT INTO sqlite_sequence (name, seq) VALUES ('anomalies', 13999);

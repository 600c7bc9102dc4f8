-- What people define. Identities start at another thousand in each table, so that a mixed-up one finds nothing.

CREATE TABLE services (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL
) STRICT;

CREATE TABLE sources (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    spec TEXT NOT NULL,
    access BLOB NOT NULL,
    every_seconds INTEGER NOT NULL CHECK (every_seconds > 0),
    delay_seconds INTEGER NOT NULL CHECK (delay_seconds >= 0),
    timeout_seconds INTEGER NOT NULL CHECK (timeout_seconds > 0),
    archived_at INTEGER
) STRICT;

-- How pulling from a source goes. Apart from the definition, because it changes with every pull.
CREATE TABLE source_states (
    source INTEGER PRIMARY KEY REFERENCES sources (id),
    last_ok_at INTEGER,
    last_error_at INTEGER,
    last_error TEXT,
    failures INTEGER NOT NULL DEFAULT 0 CHECK (failures >= 0),
    next_at INTEGER NOT NULL DEFAULT 0,
    notes TEXT NOT NULL DEFAULT '',
    lease_holder TEXT NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE indicators (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service INTEGER NOT NULL REFERENCES services (id),
    source INTEGER NOT NULL REFERENCES sources (id),
    query TEXT NOT NULL,
    UNIQUE (service, source, query)
) STRICT;

CREATE INDEX indicators_by_source ON indicators (source);

CREATE TABLE agreements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    customer TEXT NOT NULL,
    owner TEXT NOT NULL,
    zone TEXT NOT NULL,
    period TEXT NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'year')),
    report_every TEXT NOT NULL CHECK (report_every IN ('day', 'week', 'month', 'quarter', 'year')),
    recipients TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    archived_at INTEGER
) STRICT;

CREATE TABLE objectives (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    indicator INTEGER NOT NULL REFERENCES indicators (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('availability', 'uptime', 'latency', 'error_rate')),
    target_ppm INTEGER NOT NULL CHECK (target_ppm > 0 AND target_ppm < 1000000),
    window_minutes INTEGER CHECK (window_minutes > 0),
    archived_at INTEGER
) STRICT;

-- An archived objective gives its name free.
CREATE UNIQUE INDEX "objectives.agreement, objectives.name" ON objectives (agreement, name) WHERE archived_at IS NULL;
CREATE INDEX objectives_by_agreement ON objectives (agreement);
CREATE INDEX objectives_by_indicator ON objectives (indicator);

INSERT INTO sqlite_sequence (name, seq) VALUES
    ('services', 999), ('sources', 1999), ('indicators', 2999), ('agreements', 3999), ('objectives', 4999);

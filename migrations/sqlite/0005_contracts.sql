-- Contracts in full: an objective says how its minutes are counted, an agreement what else was agreed, both as JSON.
-- The kinds of promise are the program's to know; SQLite changes a constraint only by writing the table anew.

CREATE TEMP TABLE kept_evaluations AS SELECT * FROM evaluations;
DELETE FROM evaluations;

CREATE TABLE objectives_anew (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    indicator INTEGER NOT NULL REFERENCES indicators (id),
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    target_ppm INTEGER NOT NULL CHECK (target_ppm > 0 AND target_ppm < 1000000),
    window_minutes INTEGER CHECK (window_minutes > 0),
    terms TEXT NOT NULL DEFAULT '{}',
    archived_at INTEGER
) STRICT;

INSERT INTO objectives_anew (id, agreement, indicator, name, kind, target_ppm, window_minutes, archived_at)
    SELECT id, agreement, indicator, name, kind, target_ppm, window_minutes, archived_at FROM objectives;
-- the last identity given, so that none is given twice
UPDATE sqlite_sequence SET seq = (SELECT seq FROM sqlite_sequence WHERE name = 'objectives')
    WHERE name = 'objectives_anew';
INSERT INTO sqlite_sequence (name, seq)
    SELECT 'objectives_anew', seq FROM sqlite_sequence
    WHERE name = 'objectives' AND NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'objectives_anew');
DROP TABLE objectives;
ALTER TABLE objectives_anew RENAME TO objectives;

CREATE UNIQUE INDEX "objectives.agreement, objectives.name" ON objectives (agreement, name) WHERE archived_at IS NULL;
CREATE INDEX objectives_by_agreement ON objectives (agreement);
CREATE INDEX objectives_by_indicator ON objectives (indicator);

INSERT INTO evaluations SELECT * FROM kept_evaluations;
DROP TABLE kept_evaluations;

ALTER TABLE agreements ADD COLUMN terms TEXT NOT NULL DEFAULT '{}';

-- What was agreed, and from when. Revision 1 holds from the beginning.
CREATE TABLE revisions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    number INTEGER NOT NULL CHECK (number > 0),
    effective_minute INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    made_by INTEGER REFERENCES users (id),
    note TEXT NOT NULL,
    applied_at INTEGER,
    document TEXT NOT NULL,
    UNIQUE (agreement, number)
) STRICT;

-- Time taken out of the judgement, once approved.
CREATE TABLE exclusions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'service', 'agreement', 'objective')),
    scope_id INTEGER,
    category TEXT NOT NULL,
    reason TEXT NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL CHECK (end_minute > start_minute),
    recurrence TEXT NOT NULL DEFAULT '',
    zone TEXT NOT NULL,
    announced_at INTEGER,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'approved', 'rejected', 'withdrawn')),
    proposed_by INTEGER REFERENCES users (id),
    proposed_at INTEGER NOT NULL,
    decided_by INTEGER REFERENCES users (id),
    decided_at INTEGER,
    remark TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE INDEX exclusions_by_state ON exclusions (state, start_minute);

-- Why a service was down, entered once by a person.
CREATE TABLE outage_causes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    service INTEGER NOT NULL REFERENCES services (id),
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL CHECK (end_minute > start_minute),
    cause TEXT NOT NULL,
    entered_by INTEGER REFERENCES users (id),
    entered_at INTEGER NOT NULL,
    UNIQUE (service, start_minute)
) STRICT;

INSERT INTO sqlite_sequence (name, seq) VALUES ('revisions', 10999), ('exclusions', 11999), ('outage_causes', 12999);

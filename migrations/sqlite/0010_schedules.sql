-- When reports are mailed, and to whom. Recipients move here from the agreements.
CREATE TABLE schedules (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    -- an agreement, or all agreements with a customer, or, if neither, all agreements
    agreement INTEGER REFERENCES agreements (id),
    customer TEXT,
    -- empty: the periods that the agreement itself reports
    covers TEXT NOT NULL,
    rhythm TEXT NOT NULL,
    zone TEXT NOT NULL,
    recipients TEXT NOT NULL,
    reply_to TEXT NOT NULL,
    prefix TEXT NOT NULL,
    only_when TEXT NOT NULL,
    attached TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    booked_until INTEGER NOT NULL,
    paused_at INTEGER,
    archived_at INTEGER,
    CHECK (agreement IS NULL OR customer IS NULL),
    CHECK (agreement IS NOT NULL OR covers <> '')
) STRICT;

CREATE INDEX schedules_by_agreement ON schedules (agreement);

INSERT INTO sqlite_sequence (name, seq) VALUES ('schedules', 16999), ('runs', 17999);

-- What a schedule mails about a period: once.
CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    schedule INTEGER NOT NULL REFERENCES schedules (id),
    label TEXT NOT NULL,
    due_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'skipped')),
    done_at INTEGER,
    note TEXT NOT NULL DEFAULT '',
    UNIQUE (schedule, label)
) STRICT;

CREATE INDEX runs_waiting ON runs (due_at) WHERE state = 'waiting';

-- The reports that a run mailed.
CREATE TABLE run_reports (
    run INTEGER NOT NULL REFERENCES runs (id),
    report INTEGER NOT NULL REFERENCES reports (id),
    PRIMARY KEY (run, report)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_reports_by_report ON run_reports (report);

ALTER TABLE deliveries ADD COLUMN run INTEGER REFERENCES runs (id);
ALTER TABLE deliveries ADD COLUMN subject TEXT NOT NULL DEFAULT '';

INSERT INTO schedules (name, agreement, covers, rhythm, zone, recipients, reply_to, prefix, only_when, attached,
        created_at, booked_until, archived_at)
    SELECT a.name, a.id, '', 'final', a.zone, a.recipients, '', '', 'always', 'csv json', a.created_at,
        COALESCE((SELECT MAX(r.end_minute) * 60 FROM reports r WHERE r.agreement = a.id
            AND (r.provisional = FALSE OR r.built_at >= (r.end_minute + 2880) * 60)), a.created_at),
        a.archived_at
    FROM agreements a WHERE a.recipients <> '[]' ORDER BY a.id;

INSERT INTO runs (schedule, label, due_at, state, done_at)
    SELECT s.id, r.label, MAX(r.end_minute) * 60, 'sent', MIN(r.built_at)
    FROM reports r JOIN schedules s ON s.agreement = r.agreement
    WHERE r.provisional = FALSE OR r.built_at >= (r.end_minute + 2880) * 60
    GROUP BY s.id, r.label ORDER BY MIN(r.id);

ALTER TABLE agreements DROP COLUMN recipients;

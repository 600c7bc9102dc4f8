-- Reports are numbered within their agreement and chained: the bytes of each name the SHA-256 of those before it.
-- A report without a digest is older than the chain.

ALTER TABLE reports ADD COLUMN number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE reports ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE reports ADD COLUMN signature BLOB NOT NULL DEFAULT X'';

UPDATE reports SET number = (SELECT COUNT(*) FROM reports AS before
    WHERE before.agreement = reports.agreement AND before.id <= reports.id);

CREATE UNIQUE INDEX "reports.agreement, reports.number" ON reports (agreement, number);

-- The newest report of each agreement; whoever appends one holds this row.
CREATE TABLE chains (
    agreement INTEGER PRIMARY KEY REFERENCES agreements (id),
    number INTEGER NOT NULL CHECK (number >= 0),
    sha256 TEXT NOT NULL
) STRICT;

INSERT INTO chains (agreement, number, sha256) SELECT agreement, MAX(number), '' FROM reports GROUP BY agreement;

-- Up to when an indicator's minutes stand in final reports of an agreement: what is written before is noticed.
CREATE TABLE closings (
    indicator INTEGER NOT NULL REFERENCES indicators (id),
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    until_minute INTEGER NOT NULL,
    PRIMARY KEY (indicator, agreement)
) STRICT, WITHOUT ROWID;

INSERT INTO closings (indicator, agreement, until_minute)
    SELECT o.indicator, r.agreement, MAX(r.end_minute) FROM reports r JOIN objectives o ON o.agreement = r.agreement
    WHERE r.provisional = FALSE GROUP BY o.indicator, r.agreement;

-- What happened that may make final reports wrong. Looked at once it has been quiet for a while: `seen_at` is when it was
-- first seen as it stands here, 0 until then.
CREATE TABLE touches (
    cause TEXT NOT NULL,
    subject INTEGER NOT NULL,
    start_minute INTEGER NOT NULL,
    end_minute INTEGER NOT NULL,
    seen_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (cause, subject)
) STRICT, WITHOUT ROWID;

-- Which final reports are to be made anew and compared, and why.
CREATE TABLE rechecks (
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    label TEXT NOT NULL,
    cause TEXT NOT NULL,
    subject INTEGER NOT NULL,
    noticed_at INTEGER NOT NULL,
    tried_at INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (agreement, label, cause, subject)
) STRICT, WITHOUT ROWID;

-- What happened to a service besides what was measured: deploys and notes, and the keys with which programs leave them.
CREATE TABLE note_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('all', 'service', 'agreement', 'objective')),
    scope_id INTEGER,
    name TEXT NOT NULL,
    made_by INTEGER REFERENCES users (id),
    made_at INTEGER NOT NULL,
    used_at INTEGER,
    revoked_by INTEGER REFERENCES users (id),
    revoked_at INTEGER
) STRICT;

CREATE TABLE notes (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('deploy', 'note')),
    scope TEXT NOT NULL CHECK (scope IN ('all', 'service', 'agreement', 'objective')),
    scope_id INTEGER,
    start_minute INTEGER NOT NULL,
    -- the same for a moment
    end_minute INTEGER NOT NULL CHECK (end_minute >= start_minute),
    text TEXT NOT NULL,
    -- a person, or a program by its key
    made_by INTEGER REFERENCES users (id),
    made_with INTEGER REFERENCES note_keys (id),
    made_at INTEGER NOT NULL,
    withdrawn_by INTEGER REFERENCES users (id),
    withdrawn_at INTEGER
) STRICT;

CREATE INDEX notes_by_time ON notes (start_minute);

INSERT INTO sqlite_sequence (name, seq) VALUES ('note_keys', 17999), ('notes', 18999);

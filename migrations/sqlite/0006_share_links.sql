-- Links that show something to people without an account. Only the token's hash is kept.
CREATE TABLE share_links (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    token_hash BLOB NOT NULL UNIQUE,
    agreement INTEGER NOT NULL REFERENCES agreements (id),
    -- none: the agreement's sheet; otherwise this objective's badge
    objective INTEGER REFERENCES objectives (id),
    note TEXT NOT NULL,
    made_by INTEGER REFERENCES users (id),
    made_at INTEGER NOT NULL,
    expires_at INTEGER CHECK (expires_at > made_at),
    used_at INTEGER,
    revoked_by INTEGER REFERENCES users (id),
    revoked_at INTEGER,
    CHECK (objective IS NOT NULL OR expires_at IS NOT NULL)
) STRICT;

CREATE INDEX share_links_by_agreement ON share_links (agreement);

INSERT INTO sqlite_sequence (name, seq) VALUES ('share_links', 15999);

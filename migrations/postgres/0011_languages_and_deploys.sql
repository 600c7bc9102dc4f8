-- The language that a person, or the readers of a schedule's mail, want; empty: as the browser or the agreement says.
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- Is what is usual learned anew after each deploy that is noted?
ALTER TABLE baseline_settings ADD COLUMN anew_at_deploys BIGINT NOT NULL DEFAULT 0 CHECK (anew_at_deploys IN (0, 1));

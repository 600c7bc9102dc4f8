-- The language that a person, or the readers of a schedule's mail, want; empty: as the browser or the agreement says.
ALTER TABLE users ADD COLUMN language TEXT NOT NULL DEFAULT '';
ALTER TABLE schedules ADD COLUMN language TEXT NOT NULL DEFAULT '';

-- The spread of a latency: beside the bound that an objective promises, every other bound of its histogram and the sum of
-- its durations are counted, so that means and percentiles can be watched. Companions are those that no objective asks for.
ALTER TABLE indicators ADD COLUMN is_companion INTEGER NOT NULL DEFAULT 0 CHECK (is_companion IN (0, 1));

-- For a bound, the indicator that counts the durations of its histogram.
ALTER TABLE indicators ADD COLUMN durations INTEGER REFERENCES indicators (id);

DROP INDEX indicators_by_source;
CREATE INDEX indicators_by_source ON indicators (source, is_companion);
CREATE INDEX indicators_by_durations ON indicators (durations);

-- What an hour's mean or percentile was when it was learned from, in seconds: for charts.
CREATE TABLE latency_hours (
    objective INTEGER NOT NULL REFERENCES objectives (id),
    measure TEXT NOT NULL,
    hour INTEGER NOT NULL,
    seconds REAL NOT NULL,
    PRIMARY KEY (objective, measure, hour)
) STRICT, WITHOUT ROWID;

-- Which measures of a latency are watched, as words; a row that is missing means the defaults, as ever.
ALTER TABLE baseline_settings ADD COLUMN latencies TEXT NOT NULL DEFAULT 'latency_mean latency_p95';

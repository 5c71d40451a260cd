-- After a fail-over of PostgreSQL every generation is raised, once: what Redis holds may be of a lost future.
WITH changed AS (
    UPDATE store_state SET timeline = timeline() WHERE timeline <> timeline() RETURNING timeline)
UPDATE tally SET generation = generation + 1, version = version + 1
  FROM changed WHERE state IN ('running', 'paused') AND changed.timeline IS NOT NULL

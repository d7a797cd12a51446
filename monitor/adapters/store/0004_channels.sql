-- A warning may be about the program itself (no order); a step of a ladder gives way to the next one.
CREATE TABLE new_notices (
  id INTEGER PRIMARY KEY,
  order_id INTEGER REFERENCES orders(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  deadline TEXT,
  step INTEGER,  -- of a ladder, in days before the last safe day; NULL for what has no ladder
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  made_at TEXT NOT NULL,
  acknowledged_at TEXT,
  stands INTEGER NOT NULL DEFAULT 1  -- whether the newest decision still says it
);
INSERT INTO new_notices (id, order_id, key, kind, deadline, title, body, made_at, acknowledged_at)
  SELECT id, order_id, key, kind, deadline, title, body, made_at, acknowledged_at FROM notices;

CREATE TABLE new_deliveries (
  notice_id INTEGER NOT NULL REFERENCES new_notices(id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  taken_at TEXT,
  tries INTEGER NOT NULL DEFAULT 0,  -- in vain, since it was last taken
  next_try_at TEXT,
  last_answer TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice_id, channel)
) WITHOUT ROWID;
INSERT INTO new_deliveries SELECT notice_id, channel, taken_at, tries, next_try_at, last_answer FROM deliveries;

DROP TABLE deliveries;
DROP TABLE notices;
ALTER TABLE new_notices RENAME TO notices;
ALTER TABLE new_deliveries RENAME TO deliveries;
CREATE UNIQUE INDEX notices_once ON notices (IFNULL(order_id, 0), key);

ALTER TABLE orders ADD COLUMN snoozed_until TEXT;

-- The last tick of the clocks, the latest time it can be (a clock set back is not believed at once), and how far
-- ours is behind by the word of two other hosts.
CREATE TABLE clock (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  wall TEXT NOT NULL,
  monotonic REAL NOT NULL,
  latest TEXT NOT NULL,
  behind_seconds REAL NOT NULL DEFAULT 0,
  pinged_at TEXT  -- when the dead man's switch last heard of us
);
CREATE TABLE clock_events (
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  seconds REAL NOT NULL
);
-- What the Date of other hosts' answers said: how far ahead of this machine's clock they are.
CREATE TABLE clock_witnesses (
  host TEXT PRIMARY KEY,
  heard_at TEXT NOT NULL,
  ahead_seconds REAL NOT NULL
);

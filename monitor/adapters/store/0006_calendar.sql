-- What calendars were last told of each deadline: they take a change only under a higher sequence number.
CREATE TABLE calendar (
  uid TEXT PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  day TEXT NOT NULL,
  summary TEXT NOT NULL,
  description TEXT NOT NULL,
  alarms TEXT NOT NULL,  -- days before, separated by blanks
  cancelled INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  changed_at TEXT NOT NULL
) WITHOUT ROWID;

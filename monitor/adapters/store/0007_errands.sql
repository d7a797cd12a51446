-- What `run` does at longer intervals in a process of its own: when next, and since when it has failed, and why.
CREATE TABLE errands (
  name TEXT PRIMARY KEY,
  next_at TEXT NOT NULL,
  failing_since TEXT,
  trouble TEXT NOT NULL DEFAULT ''
);

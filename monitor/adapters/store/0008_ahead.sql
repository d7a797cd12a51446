-- Alarms left with a server of push messages, to be delivered by it at their time.
CREATE TABLE ahead (
  id TEXT PRIMARY KEY,
  at TEXT NOT NULL,
  title TEXT NOT NULL,
  body TEXT NOT NULL
);

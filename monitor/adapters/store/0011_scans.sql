-- A third of the bytes: what carriers say again and again (a code, its words, what they mean) is kept once, instants of
-- scans and questions are whole microseconds since 1970 in UTC, and one row tells how a question ended for all numbers
-- that fared alike.
CREATE TABLE meanings (
  id INTEGER PRIMARY KEY,
  code INTEGER NOT NULL REFERENCES texts(id),
  words INTEGER NOT NULL REFERENCES texts(id),
  tag TEXT NOT NULL,
  subtag TEXT NOT NULL,
  stage TEXT NOT NULL,
  rule INTEGER NOT NULL REFERENCES texts(id)
);
INSERT INTO texts (text) SELECT code FROM events EXCEPT SELECT text FROM texts;
INSERT INTO meanings (code, words, tag, subtag, stage, rule)
  SELECT DISTINCT c.id, e.words, e.tag, e.subtag, e.stage, e.rule FROM events e JOIN texts c ON c.text = e.code;
-- Not unique: a second row of the same meaning would read the same, and an index over all of it would be larger.
CREATE INDEX meanings_of_words ON meanings (words);

CREATE TABLE scans (
  look_id INTEGER NOT NULL REFERENCES looks(id) ON DELETE CASCADE,
  place_in_list INTEGER NOT NULL,
  at INTEGER NOT NULL,
  exact INTEGER NOT NULL,
  meaning INTEGER NOT NULL REFERENCES meanings(id),
  place INTEGER NOT NULL REFERENCES texts(id),
  PRIMARY KEY (look_id, place_in_list)
) WITHOUT ROWID;
INSERT INTO scans (look_id, place_in_list, at, exact, meaning, place)
  SELECT e.look_id, e.place_in_list,
    CAST(strftime('%s', SUBSTR(e.at, 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTR(e.at, 21, 6) AS INTEGER),
    e.exact, m.id, e.place
  FROM events e
  JOIN texts c ON c.text = e.code
  JOIN meanings m ON m.words = e.words AND m.code = c.id AND m.rule = e.rule AND m.tag = e.tag
    AND m.subtag = e.subtag AND m.stage = e.stage
  ORDER BY e.look_id, e.place_in_list;
DROP TABLE events;

CREATE TABLE answers (
  id INTEGER PRIMARY KEY,
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL,
  seconds REAL  -- on the network until the answer was whole; NULL where nobody answered
);
ALTER TABLE attempts RENAME TO old_attempts;
-- `answer` has no REFERENCES: looking for those that point to an answer would need an index as large as the table.
CREATE TABLE attempts (
  look_id INTEGER NOT NULL REFERENCES looks(id) ON DELETE CASCADE,
  answer INTEGER NOT NULL,
  PRIMARY KEY (look_id, answer)
) WITHOUT ROWID;
-- Of attempts that are alike in everything, the number included, each gets an answer of its own.
CREATE TABLE numbered AS
  SELECT look_id, at, outcome, detail, seconds,
    DENSE_RANK() OVER (ORDER BY at, outcome, detail, seconds, nth) AS answer
  FROM (
    SELECT look_id, at, outcome, detail, seconds,
      ROW_NUMBER() OVER (PARTITION BY look_id, at, outcome, detail, seconds ORDER BY at) AS nth
    FROM old_attempts
  ) AS counted;
INSERT INTO answers (id, at, outcome, detail, seconds)
  SELECT DISTINCT answer,
    CAST(strftime('%s', SUBSTR(at, 1, 19)) AS INTEGER) * 1000000 + CAST(SUBSTR(at, 21, 6) AS INTEGER),
    outcome, detail, seconds
  FROM numbered ORDER BY 1;
INSERT INTO attempts (look_id, answer) SELECT look_id, answer FROM numbered ORDER BY look_id, answer;
DROP TABLE numbered;
DROP TABLE old_attempts;

-- Holds all that is asked of it, so that who is due is found without the table.
DROP INDEX legs_of_look;
CREATE INDEX legs_of_look ON legs (look_id, parcel_id);

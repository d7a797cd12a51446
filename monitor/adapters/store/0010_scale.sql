-- What costs nothing where nothing changed. `digest` stands for the last good answer: the same one again is not read
-- anew; '' for none. `due_at` is when a carrier may be asked: '' at once, NULL not at all.
ALTER TABLE looks ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE looks ADD COLUMN due_at TEXT DEFAULT '';
UPDATE looks SET due_at = next_check_at WHERE last_attempt_at IS NOT NULL;
UPDATE looks SET due_at = NULL WHERE carrier = 'shop';
CREATE INDEX looks_due ON looks (carrier, due_at) WHERE due_at IS NOT NULL;
-- For attempts of a clock that ran ahead.
CREATE INDEX looks_attempted ON looks (last_attempt_at);
CREATE INDEX legs_of_look ON legs (look_id);

-- An order is judged when something of it was written: `touched` counts that, `judged` is the count last judged.
ALTER TABLE orders ADD COLUMN touched INTEGER NOT NULL DEFAULT 1;
ALTER TABLE orders ADD COLUMN judged INTEGER NOT NULL DEFAULT 0;
CREATE INDEX orders_touched ON orders (id) WHERE touched <> judged;
-- Whether its parcels have all the legs that follow from what is known.
ALTER TABLE orders ADD COLUMN legs_known INTEGER NOT NULL DEFAULT 0;
CREATE INDEX orders_without_legs ON orders (id) WHERE legs_known = 0;
-- When all orders were judged, by what (a hash), and what their finished parcels taught.
CREATE TABLE judging (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  basis TEXT NOT NULL,
  at TEXT NOT NULL,
  learned TEXT NOT NULL
);

-- Days are ISO dates as the shop shows them; instants are ISO 8601 in UTC; money is decimal text.
CREATE TABLE orders (
  id INTEGER PRIMARY KEY,
  marketplace TEXT NOT NULL,
  order_id TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  seller TEXT NOT NULL DEFAULT '',
  amount TEXT,
  currency TEXT NOT NULL DEFAULT '',
  placed_on TEXT,
  paid_on TEXT,
  shipped_on TEXT,
  completed_on TEXT,
  order_state TEXT,
  destination_country TEXT NOT NULL DEFAULT '',
  payment_method TEXT NOT NULL DEFAULT '',
  received_on TEXT,
  archived_on TEXT,
  closes_soon_on TEXT,
  news TEXT NOT NULL DEFAULT '',
  said_at TEXT,  -- when the newest page stored here was read
  added_at TEXT NOT NULL,
  UNIQUE (marketplace, order_id)
);

CREATE TABLE lines (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  line_id TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  quantity INTEGER NOT NULL DEFAULT 1,
  price TEXT,
  currency TEXT NOT NULL DEFAULT '',
  tags TEXT NOT NULL DEFAULT '',
  product_id TEXT NOT NULL DEFAULT '',
  sku_id TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (order_id, line_id)
);

-- Every day a source has shown for a deadline; the newest per place counts, the others are its history.
CREATE TABLE dates (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  kind TEXT NOT NULL,
  day TEXT NOT NULL,
  source TEXT NOT NULL,
  place TEXT NOT NULL,
  sentence TEXT NOT NULL DEFAULT '',
  seen_at TEXT NOT NULL
);
CREATE INDEX dates_of_order ON dates (order_id, kind, place);

CREATE TABLE parcels (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  number TEXT NOT NULL,
  carrier TEXT NOT NULL DEFAULT '',
  shop_carrier_name TEXT NOT NULL DEFAULT '',
  shop_seen_at TEXT,
  UNIQUE (order_id, number)
);
CREATE INDEX parcels_by_number ON parcels (number);

-- What one carrier knows about one number, shared by all parcels that carry it.
CREATE TABLE looks (
  id INTEGER PRIMARY KEY,
  carrier TEXT NOT NULL,
  number TEXT NOT NULL,
  last_attempt_at TEXT,
  last_outcome TEXT,
  last_detail TEXT NOT NULL DEFAULT '',
  last_good_at TEXT,
  last_good_outcome TEXT,
  next_check_at TEXT,
  failures INTEGER NOT NULL DEFAULT 0,
  origin_country TEXT NOT NULL DEFAULT '',
  destination_country TEXT NOT NULL DEFAULT '',
  ends_by_design INTEGER NOT NULL DEFAULT 0,
  expected_at TEXT,
  UNIQUE (carrier, number)
);

CREATE TABLE legs (
  parcel_id INTEGER NOT NULL REFERENCES parcels(id) ON DELETE CASCADE,
  look_id INTEGER NOT NULL REFERENCES looks(id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  PRIMARY KEY (parcel_id, look_id)
);

CREATE TABLE texts (id INTEGER PRIMARY KEY, text TEXT NOT NULL UNIQUE);

CREATE TABLE events (
  look_id INTEGER NOT NULL REFERENCES looks(id) ON DELETE CASCADE,
  place_in_list INTEGER NOT NULL,
  at TEXT NOT NULL,
  exact INTEGER NOT NULL,
  code TEXT NOT NULL,
  words INTEGER NOT NULL REFERENCES texts(id),
  place INTEGER NOT NULL REFERENCES texts(id),
  tag TEXT NOT NULL,
  subtag TEXT NOT NULL,
  stage TEXT NOT NULL,
  rule INTEGER NOT NULL REFERENCES texts(id),
  PRIMARY KEY (look_id, place_in_list)
) WITHOUT ROWID;

-- What the user says a text means that no rule understands; carrier '' for whoever writes it.
CREATE TABLE labels (
  text TEXT NOT NULL,
  carrier TEXT NOT NULL DEFAULT '',
  tag TEXT NOT NULL,
  subtag TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (text, carrier)
) WITHOUT ROWID;

CREATE TABLE attempts (
  look_id INTEGER NOT NULL REFERENCES looks(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  outcome TEXT NOT NULL,
  detail TEXT NOT NULL DEFAULT ''
);
CREATE INDEX attempts_of_look ON attempts (look_id, at);

CREATE TABLE cases (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  case_id TEXT NOT NULL,
  line_id TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  opened_on TEXT,
  words TEXT NOT NULL DEFAULT '',
  refund TEXT,
  currency TEXT NOT NULL DEFAULT '',
  changed_at TEXT NOT NULL,
  PRIMARY KEY (order_id, case_id)
);

-- The outbox: a warning exists from the transaction that found it, and is sent until a channel took it.
CREATE TABLE notices (
  id INTEGER PRIMARY KEY,
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  kind TEXT NOT NULL,
  deadline TEXT,
  title TEXT NOT NULL,
  body TEXT NOT NULL,
  made_at TEXT NOT NULL,
  acknowledged_at TEXT,
  snoozed_until TEXT,
  UNIQUE (order_id, key)
);

CREATE TABLE deliveries (
  notice_id INTEGER NOT NULL REFERENCES notices(id) ON DELETE CASCADE,
  channel TEXT NOT NULL,
  taken_at TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  next_try_at TEXT,
  last_answer TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (notice_id, channel)
) WITHOUT ROWID;

CREATE TABLE refusals (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  at TEXT NOT NULL,
  sentence TEXT NOT NULL,
  screenshot TEXT NOT NULL DEFAULT ''
);

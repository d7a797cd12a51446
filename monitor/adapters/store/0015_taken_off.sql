-- Numbers that are not of an order by its user's word, and since when: a word of before brings none of them back.
CREATE TABLE taken_off (
  order_id INTEGER NOT NULL REFERENCES orders(id) ON DELETE CASCADE,
  number TEXT NOT NULL,
  at TEXT NOT NULL,
  PRIMARY KEY (order_id, number)
) WITHOUT ROWID;

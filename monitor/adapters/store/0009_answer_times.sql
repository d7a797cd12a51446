-- Seconds on the network until the answer was whole; NULL where nobody answered, and for what was asked before.
ALTER TABLE attempts ADD COLUMN seconds REAL;

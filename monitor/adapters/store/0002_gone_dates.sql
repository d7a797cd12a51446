-- When the place of a day was read again and showed none of its kind any more.
ALTER TABLE dates ADD COLUMN gone_at TEXT;

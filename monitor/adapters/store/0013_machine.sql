-- Whose monotonic clock the last tick was of (a hash): a store is brought to another machine, or shared by several.
ALTER TABLE clock ADD COLUMN machine TEXT NOT NULL DEFAULT '';

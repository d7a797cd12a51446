-- Holds the number, too, so that who is due is found without the table.
DROP INDEX looks_due;
CREATE INDEX looks_due ON looks (carrier, due_at, number) WHERE due_at IS NOT NULL;

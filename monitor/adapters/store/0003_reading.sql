-- How far each shop's order list was read, and what the user was asked for and has not done yet.
CREATE TABLE shops (
  marketplace TEXT PRIMARY KEY,
  list_whole INTEGER NOT NULL DEFAULT 0,  -- the list was once read to its end, with nothing left out since
  asked_for TEXT NOT NULL DEFAULT ''      -- "login" once the user was asked to log in
);

-- How far each mail folder was read.
CREATE TABLE mailboxes (
  mailbox TEXT PRIMARY KEY,
  uidvalidity INTEGER NOT NULL,
  last_uid INTEGER NOT NULL
);

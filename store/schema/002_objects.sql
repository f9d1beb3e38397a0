-- Merged state beside object.state: live texts, and the values that lost.
CREATE TABLE text (
  no        INTEGER PRIMARY KEY,
  object_no INTEGER NOT NULL REFERENCES object,
  field     INTEGER NOT NULL,
  points    INTEGER NOT NULL,
  graph     BLOB NOT NULL,
  content   TEXT NOT NULL
);
CREATE UNIQUE INDEX text_by_field ON text (object_no, field);

CREATE TABLE also (
  object_no INTEGER NOT NULL REFERENCES object,
  field     INTEGER NOT NULL,
  key       BLOB NOT NULL,
  place     INTEGER NOT NULL,
  lamport   INTEGER NOT NULL,
  log       BLOB NOT NULL,
  seq       INTEGER NOT NULL,
  value     BLOB NOT NULL,
  PRIMARY KEY (object_no, field, key, place)
) WITHOUT ROWID;

-- The generated tables of winners (winners_<type>) and the spec that each was made from.
CREATE TABLE winners_spec (
  type INTEGER PRIMARY KEY,
  spec BLOB NOT NULL
);

-- Logs of changes. Ids of 16 bytes appear once; rows refer to them by number.
CREATE TABLE space (
  no INTEGER PRIMARY KEY,
  id BLOB NOT NULL UNIQUE
);

CREATE TABLE log (
  no             INTEGER PRIMARY KEY,
  id             BLOB NOT NULL UNIQUE,
  space_no       INTEGER NOT NULL REFERENCES space,
  device         BLOB NOT NULL,
  member         BLOB NOT NULL,
  stored_seq     INTEGER NOT NULL DEFAULT 0,
  stored_hash    BLOB NOT NULL,
  stored_lamport INTEGER NOT NULL DEFAULT 0,
  sealed_seq     INTEGER NOT NULL DEFAULT 0,
  applied_seq    INTEGER NOT NULL DEFAULT 0,
  applied_hash   BLOB NOT NULL,
  applied_lamport INTEGER NOT NULL DEFAULT 0,
  change_count   INTEGER NOT NULL DEFAULT 0,
  named_seq      INTEGER NOT NULL DEFAULT 0, -- the greatest op of it in deps of what was delivered from other logs
  frozen         INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX log_by_space ON log (space_no, id);

-- Consecutive changes of one log. `places` can be read without decoding `body`.
CREATE TABLE chunk (
  no            INTEGER PRIMARY KEY,
  log_no        INTEGER NOT NULL REFERENCES log,
  first_seq     INTEGER NOT NULL,
  last_seq      INTEGER NOT NULL,
  first_lamport INTEGER NOT NULL,
  change_count  INTEGER NOT NULL,
  raw_bytes     INTEGER NOT NULL,
  places        BLOB NOT NULL,
  end_hash      BLOB NOT NULL,             -- the chain's after the last of them
  body          BLOB NOT NULL
);
CREATE UNIQUE INDEX chunk_by_seq ON chunk (log_no, first_seq);

-- First ops of the changes that do not count. Few, so the others carry no mark.
CREATE TABLE void_change (
  log_no INTEGER NOT NULL REFERENCES log,
  seq    INTEGER NOT NULL,
  mark   INTEGER NOT NULL,  -- 1 void, 2 held back
  PRIMARY KEY (log_no, seq)
) WITHOUT ROWID;

CREATE TABLE head (
  log_no INTEGER NOT NULL REFERENCES log,
  seq    INTEGER NOT NULL,
  body   BLOB NOT NULL,
  PRIMARY KEY (log_no, seq)
) WITHOUT ROWID;

-- Every object that a change names, with its merged state once there is one. `met_at`: when the first of them came
-- here, in ms by this device's clock.
CREATE TABLE object (
  no       INTEGER PRIMARY KEY,
  space_no INTEGER NOT NULL REFERENCES space,
  id       BLOB NOT NULL,
  met_at   INTEGER NOT NULL DEFAULT 0,
  type     INTEGER NOT NULL DEFAULT 0,
  state    BLOB
);
CREATE UNIQUE INDEX object_by_id ON object (space_no, id);

-- Runs of consecutive changes of a log that all touch the object: ops from_seq .. from_seq + span - 1.
CREATE TABLE touch (
  object_no INTEGER NOT NULL REFERENCES object,
  log_no    INTEGER NOT NULL REFERENCES log,
  from_seq  INTEGER NOT NULL,
  span      INTEGER NOT NULL,
  PRIMARY KEY (object_no, log_no, from_seq)
) WITHOUT ROWID;

-- `seq`: the change that declared it.
CREATE TABLE salt (
  log_no    INTEGER NOT NULL REFERENCES log,
  object_no INTEGER NOT NULL REFERENCES object,
  seq       INTEGER NOT NULL,
  salt      BLOB NOT NULL,
  PRIMARY KEY (log_no, object_no)
) WITHOUT ROWID;

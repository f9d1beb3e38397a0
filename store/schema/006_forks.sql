-- Branches of forked logs. Each has a row in `log` as well, and goes on where its parent ends: base_seq, base_hash.
-- first_digest and first_hash: d of its first change, and the chain after it.
CREATE TABLE branch (
  log_no       INTEGER PRIMARY KEY REFERENCES log,
  parent_no    INTEGER NOT NULL REFERENCES log,
  root_no      INTEGER NOT NULL REFERENCES log,
  base_seq     INTEGER NOT NULL,
  base_hash    BLOB NOT NULL,
  base_lamport INTEGER NOT NULL,
  first_digest BLOB NOT NULL,
  first_hash   BLOB NOT NULL
);
CREATE INDEX branch_by_root ON branch (root_no);

-- What changes of a log mean by the id of another, from op `seq` on, where that is not the log of that id:
-- the path that ends in the target.
CREATE TABLE alias (
  log_no    INTEGER NOT NULL REFERENCES log,
  name      BLOB NOT NULL,
  seq       INTEGER NOT NULL,
  target_no INTEGER NOT NULL REFERENCES log,
  PRIMARY KEY (log_no, name, seq)
) WITHOUT ROWID;

-- Pieces of files held here: chunks and lists, sealed in segment files beside this one.
CREATE TABLE piece (
  id       BLOB PRIMARY KEY,             -- keyed hash of the content
  kind     INTEGER NOT NULL,             -- 0: chunk, 1: list
  space_no INTEGER NOT NULL,             -- of the room whose key names it
  bytes    INTEGER NOT NULL,             -- of the content; sealed it is longer by a fixed overhead
  segment  INTEGER NOT NULL,             -- file that holds it
  at       INTEGER NOT NULL,             -- where in that file
  touched  INTEGER NOT NULL              -- tick of the last add that used it: protects adds under way
) WITHOUT ROWID;
CREATE INDEX piece_place ON piece (segment, at);

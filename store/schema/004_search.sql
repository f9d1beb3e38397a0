-- Which objects hold which terms: numbers of objects only; the words themselves are read where they stand.
CREATE VIRTUAL TABLE search USING fts5 (
  terms, content = '', columnsize = 0, detail = none, tokenize = "ascii tokenchars '_~='"
);
-- Bytes gathered in memory before they become a part of the index: fewer parts to merge in a long exchange.
INSERT INTO search (search, rank) VALUES ('hashsize', 4000000);
CREATE VIRTUAL TABLE search_posting USING fts5vocab (search, instance);

-- Objects whose index is behind, with the terms that the index still has of them. Few, and none once a question came.
CREATE TABLE search_late (
  object_no INTEGER PRIMARY KEY REFERENCES object,
  terms     TEXT NOT NULL
);

-- Words in use, for what was mistyped.
CREATE TABLE search_word (
  word TEXT PRIMARY KEY
) WITHOUT ROWID;

-- What the index was made by; no row: not made yet.
CREATE TABLE search_spec (
  version INTEGER NOT NULL
);

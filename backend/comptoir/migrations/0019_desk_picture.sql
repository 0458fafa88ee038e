-- Where the pickup desk of a store is: a picture of our own making, and a sentence that says the same where it does not load.
CREATE TABLE desk_picture (
  location text PRIMARY KEY REFERENCES location ON DELETE CASCADE, name text NOT NULL, bytes bytea NOT NULL CHECK (octet_length(bytes) <= 60000),
  width smallint NOT NULL CHECK (width BETWEEN 1 AND 800), height smallint NOT NULL CHECK (height BETWEEN 1 AND 800),
  says_fr text NOT NULL CHECK (says_fr <> ''), says_en text NOT NULL CHECK (says_en <> '')
);
CREATE INDEX desk_picture_name ON desk_picture (name);

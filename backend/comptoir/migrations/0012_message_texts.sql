-- Texts of messages that somebody wrote, every version of them: nothing here is ever changed or deleted. `delivered` says that
-- the text that comes along holds again; its words are then not kept, so that a better one of a later version is used.
CREATE TABLE message_text_version (
  occasion text NOT NULL, language text NOT NULL CHECK (language IN ('fr', 'en')), version int NOT NULL CHECK (version > 0),
  how text NOT NULL CHECK (how IN ('written', 'restored', 'delivered')), restored int, subject text NOT NULL, body text NOT NULL,
  who text NOT NULL, made_at timestamptz NOT NULL, PRIMARY KEY (occasion, language, version),
  CHECK ((how = 'restored') = (restored IS NOT NULL)), CHECK ((how = 'delivered') = (body = ''))
);

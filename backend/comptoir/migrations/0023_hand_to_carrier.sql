-- Printers of a store and what waits for them. Documents stay where they were made; a job names one.
CREATE TABLE printer (
  id uuid PRIMARY KEY, location text NOT NULL, name text NOT NULL, host text NOT NULL, port int NOT NULL CHECK (port BETWEEN 1024 AND 65535),
  language text NOT NULL CHECK (language IN ('zpl', 'pdf')), media text NOT NULL, active boolean NOT NULL DEFAULT true,
  version int NOT NULL DEFAULT 1, made_at timestamptz NOT NULL, last_ok_at timestamptz, last_failed_at timestamptz, failure text NOT NULL DEFAULT ''
);
CREATE UNIQUE INDEX printer_name ON printer (location, lower(name));
-- The networks in which a store's printers may be: nothing is ever sent outside of them.
CREATE TABLE printer_network (location text PRIMARY KEY, networks text[] NOT NULL, declared_by text NOT NULL, declared_at timestamptz NOT NULL);
CREATE TABLE print_job (
  id uuid PRIMARY KEY, location text NOT NULL, printer uuid NOT NULL, kind text NOT NULL, source uuid NOT NULL, title text NOT NULL,
  key text NOT NULL UNIQUE, state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sending', 'printed', 'failed', 'given_up')),
  tries int NOT NULL DEFAULT 0, code text NOT NULL DEFAULT '', made_at timestamptz NOT NULL, made_by text NOT NULL,
  next_at timestamptz, claimed_until timestamptz, settled_at timestamptz,
  CHECK ((next_at IS NOT NULL) = (state = 'queued')), CHECK ((claimed_until IS NOT NULL) = (state = 'sending'))
);
CREATE INDEX print_job_due ON print_job (next_at) WHERE state = 'queued';
CREATE INDEX print_job_sending ON print_job (claimed_until) WHERE state = 'sending';
CREATE INDEX print_job_place ON print_job (location, made_at DESC);
CREATE INDEX print_job_made ON print_job (made_at);

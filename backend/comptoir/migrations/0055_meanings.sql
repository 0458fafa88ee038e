-- Which meaning of the measures a build of figures was counted by, and how far one has come that is being counted: a worker goes on with it.
ALTER TABLE report_build ADD COLUMN meaning int NOT NULL DEFAULT 1, ADD COLUMN of_all bigint NOT NULL DEFAULT 0,
  ADD COLUMN part text NOT NULL DEFAULT 'sales_order' CHECK (part IN ('sales_order', 'rma', '')), ADD COLUMN last uuid;
DELETE FROM report_build WHERE swapped_at IS NULL;
UPDATE report_build SET part = '';
-- Figures that events alone have made so far are a build as well. Where nothing was sold yet there is nothing to count anew.
INSERT INTO report_build (number, begun_at, swapped_at, part) SELECT 0, e.at, e.at, '' FROM (SELECT to_timestamp(0) AS at) e
WHERE NOT EXISTS (SELECT FROM report_build) AND (EXISTS (SELECT FROM sales_order) OR EXISTS (SELECT FROM rma));

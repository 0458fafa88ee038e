-- Why somebody allowed at the counter what the rules do not: the reason that was chosen, beside the words.
ALTER TABLE rma ADD COLUMN permit_reason text;

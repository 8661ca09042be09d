-- Due dates from before they could be provisional; the calendar ended with 2026. A day that somebody named for an
-- extension is later than the first one.
UPDATE `hazard` SET `due_provisional` = 1
  WHERE `due_date` > '2026-12-31' AND `due_date` = `first_due_date` AND `state` NOT IN (7, 8, 9);

ALTER TABLE `hazard_term`
  ADD COLUMN `effective_date` DATE NULL;
ALTER TABLE `hazard_term_history`
  ADD COLUMN `effective_date` DATE NULL;

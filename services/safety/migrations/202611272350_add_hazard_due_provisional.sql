ALTER TABLE `hazard`
  ADD COLUMN `due_provisional` TINYINT NOT NULL DEFAULT 0;
ALTER TABLE `hazard_history`
  ADD COLUMN `due_provisional` TINYINT NOT NULL DEFAULT 0;

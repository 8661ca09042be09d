ALTER TABLE `record_claim` ADD COLUMN `create_time` DATETIME(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
  ADD KEY `ix_record_claim_create_time` (`create_time`);

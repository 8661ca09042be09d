-- 0 stands for "not published yet": a number is written in place of a number of the same size, and one index that has
-- the position first serves the relay and the retention. One relay at a time numbers, under its lease.
ALTER TABLE `outbox` DROP KEY `uk_outbox_position`, DROP KEY `ix_outbox_unpublished`;
UPDATE `outbox` SET `position` = 0, `sequence` = 0 WHERE `position` IS NULL;
ALTER TABLE `outbox` MODIFY COLUMN `position` BIGINT NOT NULL DEFAULT 0, MODIFY COLUMN `sequence` BIGINT NOT NULL DEFAULT 0,
  ADD KEY `ix_outbox_position` (`position`, `row_id`);

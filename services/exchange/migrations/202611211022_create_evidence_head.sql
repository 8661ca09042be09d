-- One row: sequence numbers of access entries have no gaps.
CREATE TABLE `evidence_head` (
  `id` TINYINT NOT NULL,
  `next_sequence` BIGINT NOT NULL,
  PRIMARY KEY (`id`)
) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;

INSERT INTO `evidence_head` (`id`, `next_sequence`) VALUES (1, 1);

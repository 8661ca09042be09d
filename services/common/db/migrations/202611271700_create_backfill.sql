-- How far a change of rows that were there before has come: the last row_id, and whether it is done.
CREATE TABLE `backfill` (
  `name` VARCHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `position` BIGINT NOT NULL DEFAULT 0,
  `done` BOOL NOT NULL DEFAULT FALSE,
  PRIMARY KEY (`name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;

-- National defaults in working days; a district sets its own with HazardTerm. Design values: no rule publishes them.
INSERT INTO `hazard_term` (`version`, `create_time`, `update_time`, `district_id`, `hazard_term_id`, `grade`, `working_days`) VALUES
  (1, '2026-11-21 00:00:00.000000', '2026-11-21 00:00:00.000000', '000000', 'general', 1, 10),
  (1, '2026-11-21 00:00:00.000000', '2026-11-21 00:00:00.000000', '000000', 'larger', 2, 20),
  (1, '2026-11-21 00:00:00.000000', '2026-11-21 00:00:00.000000', '000000', 'major', 3, 30);

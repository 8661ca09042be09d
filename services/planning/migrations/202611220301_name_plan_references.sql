-- What a part of a plan names within its plan was a bare id and is a resource name. What could never have been an id names
-- nothing and goes; an id without its row becomes a name without its row, to be put right when the row is next written.
UPDATE `plan_section` SET `parent_section` = '' WHERE `parent_section` <> '' AND `parent_section` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_section`
  MODIFY `parent_section` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD KEY `ix_plan_section_parent_section` (`district_id`, `parent_section`);
UPDATE `plan_section`
  SET `parent_section` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/sections/', `parent_section`)
  WHERE `parent_section` <> '' AND `parent_section` NOT LIKE 'districts/%';
UPDATE `plan_section_history` SET `parent_section` = '' WHERE `parent_section` <> '' AND `parent_section` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_section_history`
  MODIFY `parent_section` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
UPDATE `plan_section_history`
  SET `parent_section` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/sections/', `parent_section`)
  WHERE `parent_section` <> '' AND `parent_section` NOT LIKE 'districts/%';
UPDATE `plan_task` SET `section` = '' WHERE `section` <> '' AND `section` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_task`
  MODIFY `section` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD KEY `ix_plan_task_section` (`district_id`, `section`);
UPDATE `plan_task`
  SET `section` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/sections/', `section`)
  WHERE `section` <> '' AND `section` NOT LIKE 'districts/%';
UPDATE `plan_task_history` SET `section` = '' WHERE `section` <> '' AND `section` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_task_history`
  MODIFY `section` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
UPDATE `plan_task_history`
  SET `section` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/sections/', `section`)
  WHERE `section` <> '' AND `section` NOT LIKE 'districts/%';
UPDATE `plan_target` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_target`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD KEY `ix_plan_target_task` (`district_id`, `task`);
UPDATE `plan_target`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';
UPDATE `plan_target_history` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_target_history`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
UPDATE `plan_target_history`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';
UPDATE `plan_project` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_project`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD KEY `ix_plan_project_task` (`district_id`, `task`);
UPDATE `plan_project`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';
UPDATE `plan_project_history` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `plan_project_history`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
UPDATE `plan_project_history`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';
UPDATE `report_duty` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `report_duty`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  ADD KEY `ix_report_duty_task` (`district_id`, `task`);
UPDATE `report_duty`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';
UPDATE `report_duty_history` SET `task` = '' WHERE `task` <> '' AND `task` NOT REGEXP '^(districts/[A-Za-z0-9._~/-]+|[A-Za-z0-9._~-]+)$';
ALTER TABLE `report_duty_history`
  MODIFY `task` VARCHAR(200) CHARACTER SET ascii COLLATE ascii_bin NOT NULL;
UPDATE `report_duty_history`
  SET `task` = CONCAT('districts/', `district_id`, '/workPlans/', `work_plan_id`, '/tasks/', `task`)
  WHERE `task` <> '' AND `task` NOT LIKE 'districts/%';

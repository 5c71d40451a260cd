SELECT NOT EXISTS (SELECT 1 FROM workflow_definitions)

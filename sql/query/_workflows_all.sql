-- Every run.
workflow_history h

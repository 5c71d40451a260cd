-- A workflow that a cost re-sync looked at, from its outcome.
       key AS workflow_id, outcome = 'succeeded' AS success, coalesce((result ->> 'updated')::boolean, false) AS updated,
       (result ->> 'old_cost')::numeric AS old_cost, (result ->> 'new_cost')::numeric AS new_cost,
       coalesce(result ->> 'message', error) AS message

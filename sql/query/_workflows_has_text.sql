-- As a subquery it stays what it is: a look at this one run's text.
       (SELECT true FROM workflow_search s WHERE s.id = h.id AND s.nl_input LIKE lower($10::text))

-- Along a sort key nothing is looked at that was not asked for.
       ($5::text IS NULL OR h.status = ANY (string_to_array($5, ',')))

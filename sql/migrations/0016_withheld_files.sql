-- What a link's app was not sent because it is too large, in a sentence, and the limits that it was held against. NULL = nothing. The
-- deliveries then equal the tree but for that, and other limits make the next job look at every path again.
ALTER TABLE app_repositories ADD COLUMN withheld text, ADD COLUMN withheld_limits text;

-- What Redis must match, and whether secrets are stored.
SELECT epoch, beats, EXISTS (SELECT 1 FROM apps) FROM store_state

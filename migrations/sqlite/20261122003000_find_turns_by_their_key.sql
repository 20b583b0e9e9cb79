-- SQLite has no round trips to save, and no functions: the statements are run one by one.
SELECT 1;

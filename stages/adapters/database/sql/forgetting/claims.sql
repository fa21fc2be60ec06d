delete from unlisted_claims where comment_id = any($1)

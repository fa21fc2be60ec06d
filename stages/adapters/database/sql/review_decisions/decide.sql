update match_reviews set status = $2, chosen_product = $3, decided_by = $4, decided_at = $5 where comment_id = $1

select product_name, score, frames, matched_at from product_matches where comment_id = $1

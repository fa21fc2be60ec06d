select coalesce(max(part) + 1, 0) from orders where comment_id = $1

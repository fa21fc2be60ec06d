select product_id from orders where comment_id = $1
union
select product_id from waitlist where comment_id = $1

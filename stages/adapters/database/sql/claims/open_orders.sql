select id from orders where comment_id = $1 and status in ('placed', 'awaiting_payment') order by part

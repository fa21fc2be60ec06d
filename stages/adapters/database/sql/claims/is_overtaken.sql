-- Whether a later comment has pieces of the product.
select exists (
    select from orders as o
    join chat_messages as m on m.id = o.comment_id
    where o.product_id = $1 and o.status <> 'cancelled' and m.seq_rank > $2)

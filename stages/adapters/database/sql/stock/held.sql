-- Pieces that a buyer holds unpaid under a streamer, and those of one product that they hold or have bought.
select coalesce(sum(quantity) filter (where streamer = $2 and status in ('placed', 'awaiting_payment')), 0) as unpaid,
       coalesce(sum(quantity) filter (
           where product_id = $3 and status in ('placed', 'awaiting_payment', 'paid')), 0) as of_product
from orders
where buyer_id = $1

-- Orders of these buyers whose payment is being tried.
select order_number from orders as o
where buyer_id = any($1)
  and (status = 'placed'
       or exists (select from payment_attempts as a where a.order_id = o.id and a.status = 'open'))
order by order_number

-- Whether a payment has paid the order, or is being given back.
select exists (select from orders where id = $1 and payment_id = $2 and status <> 'cancelled')
    or exists (select from refunds where order_id = $1 and payment_id = $2)

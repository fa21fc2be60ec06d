-- When an order's payment was disputed first; null where the dispute was won.
update orders set disputed_at = case when $2 then coalesce(disputed_at, $3) end
where payment_id = $1
returning id

-- What a streamer ($1) sells: sold and still unpaid pieces since a time ($2), what is left, and who waits.
select p.id, p.sku, p.name, p.price_minor, p.currency, p.stock, p.images,
       coalesce(s.sold, 0) as sold, coalesce(s.unpaid, 0) as unpaid,
       (select coalesce(sum(w.quantity), 0) from waitlist as w where w.product_id = p.id and w.status = 'waiting')
           as waiting,
       coalesce(
           (select jsonb_agg(jsonb_build_object('name', v.name, 'stock', v.stock) order by v.name)
            from product_variants as v where v.product_id = p.id),
           '[]'
       ) as variants
from products as p
left join (
    select product_id,
           coalesce(sum(quantity) filter (where status = 'paid'), 0) as sold,
           coalesce(sum(quantity) filter (where status in ('placed', 'awaiting_payment')), 0) as unpaid
    from orders
    where streamer = $1 and placed_at >= $2
    group by product_id
) as s on s.product_id = p.id
where p.streamer = $1
order by p.name, p.sku
limit $3

-- Who waits for a product, first come first.
select w.id, w.comment_id, w.variant_id, w.buyer_id, w.quantity, w.claim,
       b.blocked_at is not null or b.erased_at is not null as refused
from waitlist as w
join buyers as b on b.id = w.buyer_id
where w.product_id = $1 and w.status = 'waiting'
order by w.seq_rank, w.id
for no key update of w

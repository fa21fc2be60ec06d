-- Refunded is what was given back in full. A refund that failed after all brings the order back to what it was.
update orders
set refunded_minor = refunded_minor + $2::bigint,
    status = case when refunded_minor + $2::bigint = amount_minor then 'refunded'
                  when status <> 'refunded' then status
                  when cancelled_at is not null then 'cancelled'
                  else 'paid' end
where id = $1

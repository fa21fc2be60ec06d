-- One page of the reviews decided since $1, after ($2, $3). A declined one is of the likeliest candidate.
select
    r.comment_id, r.decided_at as at, r.status, r.frames, m.message, m.language, m.client, m.client_id, m.streamer,
    m.quantity, m.variant, m.code,
    case r.status when 'confirmed' then p.sku else r.candidates -> 0 ->> 'sku' end as sku,
    c.comment_id is not null as is_corrected
from match_reviews as r
join chat_messages as m on m.id = r.comment_id
left join products as p on p.id = r.chosen_product
left join intent_corrections as c on c.comment_id = r.comment_id
where m.message <> '(erased)' and r.status in ('confirmed', 'declined') and r.decided_at >= $1 and (r.decided_at, r.comment_id) > ($2, $3)
order by r.decided_at, r.comment_id
limit $4

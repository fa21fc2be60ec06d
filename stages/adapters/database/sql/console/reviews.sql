-- The matches of a streamer that wait for a decision, the oldest first: it is the first that must be decided. Left out
-- is what was taken back, and what is too old to become an order ($2: the oldest that counts, epoch milliseconds).
-- `total` counts those beyond the limit too.
select r.comment_id, m.client, m.platform, m.message, m.sent_at, r.frames, m.quantity, m.variant,
       count(*) over () as total,
       coalesce(
           (select jsonb_agg(
                       jsonb_build_object(
                           'sku', p.sku, 'score', c.held -> 'score', 'name', p.name, 'price_minor', p.price_minor,
                           'currency', p.currency, 'product_id', p.id, 'has_picture', cardinality(p.images) > 0
                       ) order by c.place)
            from jsonb_array_elements(r.candidates) with ordinality as c (held, place)
            join products as p on p.streamer = m.streamer and p.sku = c.held ->> 'sku'),
           '[]'
       ) as candidates
from match_reviews as r
join chat_messages as m on m.id = r.comment_id
where m.streamer = $1 and r.status = 'open' and m.retracted_at is null and m.seq_rank >> 20 >= $2
order by r.created_at, r.comment_id
limit $3

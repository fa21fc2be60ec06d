-- The comment with the buyer's newest claim of the statuses $5 ('waiting': on the waitlist) under a streamer, before
-- the rank $3. Only claims that are no better vouched for than the one who asks ($4); $6 is a claim code, or null.
with claims as (
    select comment_id, product_id, variant_id, status from orders where buyer_id = $1 and streamer = $2
    union all
    select comment_id, product_id, variant_id, status from waitlist where buyer_id = $1 and streamer = $2
)
select m.id, m.seq_rank
from claims as c
join chat_messages as m on m.id = c.comment_id
join products as p on p.id = c.product_id
left join product_variants as v on v.id = c.variant_id
where c.status = any($5::text[]) and m.seq_rank < $3 and m.verified <= $4
  and ($6::text is null
       or bare_code($6) in (select bare_code(code) from unnest(p.aliases || p.sku || v.code) as code))
order by m.seq_rank desc
limit 1

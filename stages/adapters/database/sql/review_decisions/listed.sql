-- The reviews of a streamer in a status, the oldest first: it is the first that must be decided.
select r.comment_id, r.status, r.candidates, r.frames, r.created_at, r.decided_by, r.decided_at, m.client, m.message,
       m.seq, p.sku as chosen
from match_reviews as r
join chat_messages as m on m.id = r.comment_id
left join products as p on p.id = r.chosen_product
where m.streamer = $1 and r.status = $2
order by r.created_at, r.comment_id
limit $3

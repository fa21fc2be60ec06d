-- Which of these entries of the public stream have come to their end.
select e.comment_id, e.seq
from unnest($1::uuid[], $2::text[]) as c (comment_id, seq)
join end_states as e on e.comment_id = c.comment_id and e.seq = c.seq

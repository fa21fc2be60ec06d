-- What was made of comments: judgement, match, order, and how they ended.
select m.id, m.seq, m.nlp_intent, m.nlp_score, p.product_id as seen_id, p.product_name as seen_name,
       p.score as seen_score, o.order_number, o.product_id as ordered_id, o.product_name as ordered_name,
       e.stage as end_stage, e.reason as end_reason
from chat_messages as m
left join product_matches as p on p.comment_id = m.id
left join orders as o on o.comment_id = m.id and o.part = 0
left join end_states as e on e.comment_id = m.id and e.seq = m.seq
where m.id = any($1::uuid[])

-- Takes back the viewer's newest claim that is still on its way: judged a buy some minutes before, and nothing came of
-- it yet. None where it is no newer than $5.
update chat_messages set retracted_at = $7
where id = (
    select m.id
    from chat_messages as m
    where m.client = $1 and coalesce(m.client_id, m.client) = $2 and m.platform = $3 and m.streamer = $4
      and m.nlp_intent = 'buy' and m.kind = 'comment' and m.retracted_at is null and m.verified <= $8
      and m.seq_rank > greatest($5::bigint, $6::bigint - (300000::bigint << 20)) and m.seq_rank < $6
      and ($9::text is null or bare_code(m.code) = bare_code($9))
      and not exists (select from orders where comment_id = m.id)
      and not exists (select from waitlist where comment_id = m.id)
      and not exists (select from end_states where comment_id = m.id)
    order by m.seq_rank desc
    limit 1
)
returning id

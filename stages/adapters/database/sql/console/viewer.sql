-- Who wrote a streamer's comment, as buyers are known: by the platform's id, or the handle where none came.
select m.client, m.platform, coalesce(m.client_id, m.client) as key, b.blocked_at
from chat_messages as m
left join buyers as b on b.platform = m.platform and b.client_id = coalesce(m.client_id, m.client)
where m.streamer = $1 and m.id = $2

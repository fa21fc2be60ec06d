-- Every streamer, with what came in since a time ($1).
select s.handle, s.name,
       (select count(*) from chat_messages as m
        where m.streamer = s.handle and m.kind = 'comment' and m.sent_at >= $1) as comments,
       (select count(*) from orders as o where o.streamer = s.handle and o.placed_at >= $1) as orders
from streamers as s
order by s.name, s.handle
